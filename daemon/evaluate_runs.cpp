#include "daemon/evaluate_runs.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "core/decision_engine.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::size_t batch_inputs = 256;

std::optional<core::Rule> rule_of(demo::Direction direction) {
    switch (direction) {
        case demo::Direction::tech_to_crypto:
            return core::Rule::tech_to_crypto;
        case demo::Direction::crypto_to_tech:
            return core::Rule::crypto_to_tech;
        case demo::Direction::common:
            return core::Rule::common_macro;
        case demo::Direction::none:
            break;
    }
    return std::nullopt;
}

}  // namespace

void in_parallel(std::size_t n, unsigned jobs, const std::function<void(std::size_t)>& work) {
    std::atomic<std::size_t> next{0};
    std::exception_ptr failure;
    std::mutex failure_lock;
    const auto run = [&] {
        for (std::size_t i = next++; i < n; i = next++) {
            try {
                work(i);
            } catch (...) {
                const std::lock_guard lock(failure_lock);
                if (!failure) failure = std::current_exception();
                next = n;
            }
        }
    };
    std::vector<std::thread> threads;
    const std::size_t wanted = std::min<std::size_t>(std::max(jobs, 1u), n);
    for (std::size_t i = 1; i < wanted; ++i) threads.emplace_back(run);
    run();
    for (std::thread& thread : threads) thread.join();
    if (failure) std::rethrow_exception(failure);
}

std::vector<LoggedEpisode> run_path(const LabelledPath& path, const core::EngineConfig& config) {
    core::DecisionEngine engine(config);
    EpisodeLog log;
    std::vector<core::Input> batch;
    batch.reserve(batch_inputs);
    const auto flush = [&] {
        for (const core::Event& event : engine.step(batch))
            log.tell(event, engine.config().universe);
        batch.clear();
    };
    const auto feed = [&](const core::Input& input) {
        batch.push_back(input);
        if (batch.size() == batch_inputs) flush();
    };
    core::TimeNs tick = path.truth.start + core::ns_per_s;
    const auto keep_time = [&](core::TimeNs until) {
        for (; tick <= until; tick += core::ns_per_s) feed(core::Input::make_clock(tick));
    };
    for (const core::Input& input : path.inputs) {
        keep_time(input.ts_receive);
        feed(input);
    }
    // The last bar waits for late ticks too.
    keep_time(path.truth.end + config.lateness + core::ns_per_s);
    flush();
    return log.take();
}

std::vector<std::vector<PathScore>> run_paths(std::size_t paths, const MakePath& make,
                                              std::span<const core::EngineConfig> configs,
                                              unsigned jobs) {
    std::vector<std::vector<PathScore>> scores(configs.size(), std::vector<PathScore>(paths));
    in_parallel(paths, jobs, [&](std::size_t i) {
        const LabelledPath path = make(i);
        for (std::size_t c = 0; c < configs.size(); ++c)
            scores[c][i] = score_path(path.truth, run_path(path, configs[c]));
    });
    return scores;
}

MakePath simulated_paths(std::vector<demo::Scenario> scenarios, std::uint64_t paths,
                         std::uint64_t seed, demo::TickRate rate) {
    return [scenarios = std::move(scenarios), paths, seed, rate](std::size_t index) {
        const demo::Scenario scenario = scenarios[index / paths];
        demo::SimulatedPath simulated = demo::simulate(scenario, seed, index % paths, rate);
        const demo::Truth& truth = simulated.truth;
        LabelledPath path;
        path.truth.scenario = demo::scenario_names()[static_cast<std::size_t>(scenario)];
        path.truth.expect_alert = truth.expect_alert;
        path.truth.direction = rule_of(truth.direction);
        path.truth.is_strong = truth.is_strong();
        path.truth.start = demo::path_start;
        path.truth.end = demo::path_start + demo::path_seconds * core::ns_per_s;
        if (truth.onset_s) path.truth.onset = demo::path_start + *truth.onset_s * core::ns_per_s;
        path.inputs = std::move(simulated.inputs);
        return path;
    };
}

}  // namespace contagiond::daemon
