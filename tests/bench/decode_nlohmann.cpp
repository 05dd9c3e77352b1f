#include <nlohmann/json.hpp>

#include "tests/bench/decode_document.hpp"

namespace contagiond::bench {
namespace {

struct Value {
    const nlohmann::json* json;

    Value at(const char* key) const { return {&json->at(key)}; }
    Value first() const { return {&json->at(0)}; }
    std::string_view text() const { return json->get_ref<const std::string&>(); }
    bool truth() const { return json->get<bool>(); }
    std::uint64_t whole() const { return json->get<std::uint64_t>(); }
    double number() const { return json->get<double>(); }
    template <class Fn>
    void each(Fn&& fn) const {
        for (const nlohmann::json& element : *json) fn(Value{&element});
    }
};

class NlohmannPeer final : public Peer {
  public:
    bool read(const BenchFrame& frame, std::vector<Told>& told) override {
        told.clear();
        try {
            json_ = nlohmann::json::parse(frame.text);
            DocumentReader<Value>(told).read(frame.venue, Value{&json_});
        } catch (const nlohmann::json::exception&) {
            told.clear();
        }
        return !told.empty();
    }

  private:
    nlohmann::json json_;
};

}  // namespace

std::unique_ptr<Peer> make_nlohmann_peer() {
    return std::make_unique<NlohmannPeer>();
}

}  // namespace contagiond::bench
