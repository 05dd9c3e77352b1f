#include "tests/bench/decode_document.hpp"

#if __has_include(<rapidjson/document.h>)
#include <rapidjson/document.h>

namespace contagiond::bench {
namespace {

/// Throws where something is missing: the library itself would assert.
struct Value {
    const rapidjson::Value* json;

    Value at(const char* key) const {
        if (!json->IsObject()) throw 0;
        const auto found = json->FindMember(key);
        if (found == json->MemberEnd()) throw 0;
        return {&found->value};
    }
    Value first() const {
        if (!json->IsArray() || json->Empty()) throw 0;
        return {&(*json)[0]};
    }
    std::string_view text() const {
        if (!json->IsString()) throw 0;
        return {json->GetString(), json->GetStringLength()};
    }
    bool truth() const { return json->IsTrue(); }
    std::uint64_t whole() const {
        if (!json->IsUint64()) throw 0;
        return json->GetUint64();
    }
    double number() const {
        if (!json->IsNumber()) throw 0;
        return json->GetDouble();
    }
    template <class Fn>
    void each(Fn&& fn) const {
        if (!json->IsArray()) throw 0;
        for (const rapidjson::Value& element : json->GetArray()) fn(Value{&element});
    }
};

/// The document's memory is a block that is used again for each frame.
class RapidjsonPeer final : public Peer {
  public:
    bool read(const BenchFrame& frame, std::vector<Told>& told) override {
        told.clear();
        pool_.Clear();
        rapidjson::Document document(&pool_);
        document.Parse(frame.text.data(), frame.text.size());
        if (document.HasParseError()) return false;
        try {
            DocumentReader<Value>(told).read(frame.venue, Value{&document});
        } catch (int) {
            told.clear();
        }
        return !told.empty();
    }

  private:
    char block_[64 * 1024];
    rapidjson::MemoryPoolAllocator<> pool_{block_, sizeof block_};
};

}  // namespace

std::unique_ptr<Peer> make_rapidjson_peer() {
    return std::make_unique<RapidjsonPeer>();
}

}  // namespace contagiond::bench

#else

namespace contagiond::bench {

std::unique_ptr<Peer> make_rapidjson_peer() {
    return nullptr;
}

}  // namespace contagiond::bench

#endif
