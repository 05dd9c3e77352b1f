#include "core/detector.hpp"

#include <catch2/catch.hpp>

using namespace contagiond::core;

namespace {

constexpr TimeNs start = 1'737'988'200 * ns_per_s;

DetectorConfig quick() {
    DetectorConfig config;
    config.confirm = 20 * ns_per_s;
    config.minimum_hold = 120 * ns_per_s;
    config.calm_before_over = 60 * ns_per_s;
    config.cooldown = 300 * ns_per_s;
    config.update_interval = 60 * ns_per_s;
    return config;
}

/// A conversation with the detector, ten seconds a line.
class Talk {
  public:
    explicit Talk(const DetectorConfig& config = quick()) : detector_(config, 2) {}

    /// Scores of the two targets; negative: absent.
    std::string say(double first, double second, double loss = 0.01) {
        std::array<TargetReading, 2> targets;
        const std::array scores = {first, second};
        for (std::size_t i = 0; i < 2; ++i) {
            targets[i].warmup = warmup;
            targets[i].tainted = tainted;
            targets[i].fallen_anew = fallen_anew;
            targets[i].reverse = reverse;
            targets[i].target_led = target_led;
            targets[i].balance = balance;
            if (scores[i] >= 0) targets[i].score = Score{scores[i], Condition::target_fall, loss};
        }
        Reading reading;
        reading.ts = now += 10 * ns_per_s;
        reading.suspended = suspended;
        reading.attribution = attribution;
        reading.led = led;
        reading.targets = targets;
        const Verdict verdict = detector_.step(reading);
        if (verdict.change) return std::string(to_string(*verdict.change));
        if (verdict.suppressed)
            return "suppressed " + std::string(to_string(verdict.suppressed->reason));
        return "";
    }
    /// The same for a while; what was said, joined by commas.
    std::string keep(int lines, double first, double second, double loss = 0.01) {
        std::string all;
        for (int i = 0; i < lines; ++i) {
            const std::string answer = say(first, second, loss);
            if (!answer.empty()) all += (all.empty() ? "" : ", ") + answer;
        }
        return all;
    }
    Regime regime(std::size_t target) const { return detector_.targets()[target].regime; }
    const EpisodeState& episode() const { return detector_.episode(); }

    TimeNs now = start;
    bool suspended = false;
    bool tainted = false;
    double warmup = 1;
    double fallen_anew = 0;
    Attribution attribution = Attribution::tech;
    double reverse = 0;
    bool target_led = false;
    std::optional<double> balance;
    bool led = false;

  private:
    Detector detector_;
};

}  // namespace

TEST_CASE("an episode needs a score that holds, and tells its whole life under one number") {
    Talk talk;
    CHECK(talk.keep(10, 0.2, 0.2).empty());
    CHECK(talk.regime(0) == Regime::calm);
    CHECK(talk.say(0.85, 0.5).empty());
    CHECK(talk.say(0.85, 0.5).empty());
    CHECK(talk.say(0.85, 0.5) == "opened");
    CHECK(talk.regime(0) == Regime::contagion);
    CHECK(talk.regime(1) != Regime::contagion);
    const auto number = talk.episode().number;
    CHECK(talk.say(0.85, 0.7) == "updated");  // the second target joins the same story
    CHECK(talk.regime(1) == Regime::contagion);
    CHECK(talk.say(0.97, 0.7) == "updated");  // and it escalates
    CHECK(talk.episode().severity == Severity::critical);
    CHECK(talk.keep(20, 0.97, 0.7).empty());
    CHECK(talk.keep(5, 0.3, 0.3).empty());
    CHECK(talk.keep(10, 0.3, 0.3) == "resolved");
    CHECK(talk.regime(0) == Regime::over);
    CHECK(talk.episode().number == number);
    CHECK(talk.episode().revision == 4);
    CHECK(talk.episode().score_peak == 0.97);
    CHECK(talk.keep(40, 0.1, 0.1).empty());
    CHECK(talk.regime(0) == Regime::calm);
}

TEST_CASE("an episode knows when its score was reached, which is before it was confirmed") {
    Talk talk;
    CHECK(talk.keep(10, 0.7, 0.7).empty());
    const TimeNs reached = talk.now + 10 * ns_per_s;
    CHECK(talk.say(0.85, 0).empty());
    CHECK(talk.say(0.7, 0).empty());  // still above the exit
    CHECK(talk.say(0.9, 0) == "opened");
    CHECK(talk.episode().reached_at == reached);
    CHECK(talk.episode().detected_at == reached + 20 * ns_per_s);
}

TEST_CASE("a score that does not hold is a false start and counted once") {
    Talk talk;
    talk.keep(3, 0.2, 0.2);
    CHECK(talk.say(0.9, 0.2).empty());
    CHECK(talk.say(0.3, 0.2) == "suppressed hysteresis");
    CHECK(talk.keep(5, 0.3, 0.2).empty());
    // Between the two thresholds a candidate neither opens nor is dropped.
    CHECK(talk.say(0.9, 0.2).empty());
    CHECK(talk.keep(5, 0.7, 0.2).empty());
    CHECK(talk.say(0.9, 0.2) == "opened");
}

TEST_CASE("a short dip below the exit does not end an episode, and none ends before its minimum") {
    Talk talk;
    CHECK(talk.keep(3, 0.9, 0.9) == "opened");
    CHECK(talk.keep(7, 0.1, 0.1).empty());  // calm for a minute, but younger than two
    CHECK(talk.say(0.9, 0.9).empty());
    CHECK(talk.keep(5, 0.1, 0.1).empty());
    CHECK(talk.say(0.7, 0.1).empty());  // back above the exit: the calm starts anew
    CHECK(talk.keep(6, 0.1, 0.1).empty());
    CHECK(talk.say(0.1, 0.1) == "resolved");
}

TEST_CASE("in the cooldown the same story is suppressed and another is not") {
    DetectorConfig config = quick();
    config.cooldown = 900 * ns_per_s;
    Talk talk(config);
    CHECK(talk.keep(3, 0.9, 0.9) == "opened");
    CHECK(talk.keep(30, 0.1, 0.1) == "resolved");
    CHECK(talk.keep(4, 0.9, 0.9) == "suppressed cooldown");
    talk.keep(1, 0.1, 0.1);
    talk.attribution = Attribution::macro;
    CHECK(talk.keep(3, 0.9, 0.9) == "opened");
    CHECK(talk.episode().rule == Rule::common_macro);
    CHECK(talk.episode().number == 2);
    CHECK(talk.regime(0) == Regime::elevated);  // a macro shock is no contagion
}

TEST_CASE("doubtful evidence opens nothing and ends nothing") {
    Talk talk;
    talk.tainted = true;
    CHECK(talk.keep(20, 0.9, 0.9) == "suppressed stale_data");
    talk.tainted = false;
    CHECK(talk.keep(3, 0.9, 0.9) == "opened");
    CHECK_FALSE(talk.episode().degraded);
    talk.tainted = true;
    CHECK(talk.keep(100, 0.1, 0.1).empty());
    CHECK(talk.episode().degraded);
    talk.tainted = false;
    CHECK(talk.keep(7, 0.1, 0.1) == "resolved");
}

TEST_CASE("while the source cannot be judged everything is held") {
    Talk talk;
    talk.keep(3, 0.2, 0.2);
    CHECK(talk.keep(3, 0.9, 0.9) == "opened");
    talk.suspended = true;
    CHECK(talk.keep(100, -1, -1).empty());
    CHECK(talk.episode().open);
    CHECK(talk.episode().degraded);
    CHECK(talk.regime(0) == Regime::contagion);
}

TEST_CASE("while warming there is no regime to speak of and no alert") {
    Talk talk;
    talk.warmup = 0.5;
    CHECK(talk.keep(20, 0.9, 0.9).empty());
    CHECK(talk.regime(0) == Regime::warming);
}

TEST_CASE("an episode at its highest score is told again when the fall grows by half") {
    Talk talk;
    CHECK(talk.keep(3, 1.0, 1.0, 0.01) == "opened");
    CHECK(talk.keep(20, 1.0, 1.0, 0.012).empty());
    CHECK(talk.say(1.0, 1.0, 0.016) == "updated");
    CHECK(talk.keep(20, 1.0, 1.0, 0.016).empty());
}

TEST_CASE("a selloff that falls anew long after the opening is another story, an echo is none") {
    DetectorConfig config = quick();
    config.cooldown = 3600 * ns_per_s;
    config.reopen_after = 600 * ns_per_s;
    config.reopen_factor = 2;
    SECTION("an echo, whatever the time") {
        Talk talk(config);
        CHECK(talk.keep(3, 0.9, 0.9) == "opened");
        CHECK(talk.keep(30, 0.1, 0.1) == "resolved");
        talk.fallen_anew = 1.9;
        CHECK(talk.keep(300, 0.9, 0.9) == "suppressed cooldown");
        // Every moment at the enter score belongs to the same selloff and prolongs it.
        CHECK(talk.keep(300, 0.1, 0.1).empty());
        CHECK(talk.keep(20, 0.9, 0.9) == "suppressed cooldown");
        CHECK(talk.keep(361, 0.1, 0.1).empty());
        CHECK(talk.keep(3, 0.9, 0.9) == "opened");
    }
    SECTION("a new fall, but too early") {
        Talk talk(config);
        CHECK(talk.keep(3, 0.9, 0.9) == "opened");
        CHECK(talk.keep(30, 0.1, 0.1) == "resolved");
        talk.fallen_anew = 2.5;
        CHECK_FALSE(talk.episode().fallen_anew);
        CHECK(talk.episode().cooldown_until == no_time);
        CHECK(talk.keep(20, 0.9, 0.9) == "suppressed cooldown");
        CHECK(talk.keep(20, 0.9, 0.9) == "opened");
        CHECK(talk.episode().number == 2);
        // It says that it broke a cooldown, and by how much.
        CHECK(talk.episode().fallen_anew == 2.5);
        CHECK(talk.episode().cooldown_until > talk.now);
        CHECK(talk.episode().cooldown_until <= talk.now + config.cooldown);
    }
    SECTION("a new fall while the first episode is still open ends it and begins the next") {
        Talk talk(config);
        CHECK(talk.keep(3, 0.9, 0.9) == "opened");
        CHECK(talk.keep(70, 0.9, 0.9).empty());
        talk.fallen_anew = 2.5;
        CHECK(talk.say(0.9, 0.9) == "resolved");
        talk.fallen_anew = 2.6;
        CHECK(talk.keep(3, 0.9, 0.9) == "opened");
        CHECK(talk.episode().number == 2);
    }
}

TEST_CASE("the first target that can be judged decides, the others join") {
    Talk talk;
    CHECK(talk.keep(20, 0.3, 0.95).empty());
    CHECK(talk.keep(20, -1, 0.95) == "opened");
    CHECK(talk.regime(1) == Regime::contagion);
    CHECK(talk.regime(0) != Regime::contagion);
}

TEST_CASE("a fall of crypto's own opens the other direction, and is no spillover") {
    Talk talk;
    talk.attribution = Attribution::unattributed;
    talk.reverse = 0.85;
    SECTION("also where a spillover's conditions hold") {
        talk.target_led = true;
        CHECK(talk.keep(3, 0.9, 0.9) == "opened");
    }
    SECTION("and where they do not") {
        CHECK(talk.keep(3, 0.3, 0.3) == "opened");
    }
    CHECK(talk.episode().rule == Rule::crypto_to_tech);
    CHECK(talk.episode().attribution == Attribution::crypto);
    CHECK(talk.episode().score == 0.85);
    CHECK(talk.regime(0) != Regime::contagion);
    talk.reverse = 0.1;
    CHECK(talk.keep(20, 0.3, 0.3) == "resolved");
}

TEST_CASE("where the spillover's score is there too and it is tech's, it is a spillover") {
    Talk talk;
    talk.reverse = 0.85;
    CHECK(talk.keep(3, 0.9, 0.9) == "opened");
    CHECK(talk.episode().rule == Rule::tech_to_crypto);
}

TEST_CASE("a macro shock is no fall of crypto's own") {
    Talk talk;
    talk.attribution = Attribution::macro;
    talk.reverse = 0.9;
    CHECK(talk.keep(10, 0.3, 0.3).empty());
    talk.target_led = true;
    CHECK(talk.keep(3, 0.9, 0.9) == "opened");
    CHECK(talk.episode().rule == Rule::common_macro);
}

TEST_CASE("the aftermath of a spillover is no fall of crypto's own") {
    Talk talk;
    CHECK(talk.keep(3, 0.9, 0.9) == "opened");
    CHECK(talk.keep(20, 0.3, 0.3) == "resolved");
    talk.reverse = 0.9;
    CHECK(talk.keep(3, 0.3, 0.3) == "suppressed cooldown");
    CHECK(talk.keep(5, 0.3, 0.3).empty());
    talk.reverse = 0;
    CHECK(talk.keep(10, 0.3, 0.3).empty());
    talk.reverse = 0.9;
    CHECK(talk.keep(3, 0.3, 0.3) == "opened");
}

TEST_CASE("tech may take over from a fall of crypto's own, once the balance is for it") {
    Talk talk;
    talk.target_led = true;
    talk.reverse = 0.9;
    CHECK(talk.keep(3, 0.9, 0.9) == "opened");
    talk.target_led = false;
    talk.balance = 1;
    CHECK(talk.keep(11, 0.9, 0.9).empty());  // younger than the minimum
    talk.balance = -1;                       // still rather crypto's
    CHECK(talk.keep(10, 0.9, 0.9).empty());
    talk.balance = 1;
    CHECK(talk.say(0.9, 0.9) == "resolved");
    CHECK(talk.keep(3, 0.9, 0.9) == "opened");
    CHECK(talk.episode().rule == Rule::tech_to_crypto);
    CHECK(talk.episode().number == 2);
}

TEST_CASE("nor at once when that fall was over sooner") {
    Talk talk;
    talk.reverse = 0.9;
    CHECK(talk.keep(3, 0.3, 0.3) == "opened");
    talk.reverse = 0;
    CHECK(talk.keep(20, 0.3, 0.3) == "resolved");
    talk.balance = -1;
    CHECK(talk.keep(3, 0.9, 0.9) == "suppressed cooldown");
    talk.balance = 1;
    CHECK(talk.say(0.9, 0.9) == "opened");
    CHECK(talk.episode().rule == Rule::tech_to_crypto);
}

TEST_CASE("a class that changes is told once, and then stays for an hour") {
    Talk talk;
    talk.attribution = Attribution::undecided;
    CHECK(talk.keep(3, 0.85, 0.85) == "opened");
    CHECK(talk.keep(3, 0.85, 0.85).empty());
    talk.attribution = Attribution::macro;
    CHECK(talk.say(0.85, 0.85) == "updated");
    CHECK(talk.episode().attribution == Attribution::macro);
    CHECK(talk.episode().rule == Rule::tech_to_crypto);  // what it opened as
    talk.attribution = Attribution::undecided;
    CHECK(talk.keep(10, 0.85, 0.85).empty());
    CHECK(talk.episode().attribution == Attribution::macro);
    talk.attribution = Attribution::tech;
    CHECK(talk.keep(340, 0.85, 0.85).empty());
    CHECK(talk.keep(20, 0.85, 0.85) == "updated");
    CHECK(talk.episode().attribution == Attribution::tech);
}

TEST_CASE("a lead that can be claimed is told") {
    Talk talk;
    CHECK(talk.keep(3, 0.85, 0.85) == "opened");
    talk.led = true;
    CHECK(talk.say(0.85, 0.85) == "updated");
    talk.led = false;
    CHECK(talk.keep(10, 0.85, 0.85).empty());
}
