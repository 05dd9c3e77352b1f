#include "daemon/sinks/webhook/signature.hpp"

#include <catch2/catch.hpp>

using namespace contagiond;

TEST_CASE("the published vector is met") {
    const auto key = sinks::signing_key("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3");
    REQUIRE(key);
    CHECK(*key == "0123456789abcdef01234567");
    CHECK(sinks::signature(*key, "01JJK3ZC8Q4X0Q7N9S6V3W2E1R_1", 1'737'988'927,
                           R"({"type":"contagion.alert.opened",)"
                           R"("timestamp":"2025-01-27T14:42:07.123Z","data":{}})") ==
          "v1,D6poEjwiitKIBRRnulpMhBrQmPmg9+aHx6Bwfnpvubc=");
}

TEST_CASE("every part of the message is signed") {
    const std::string base = sinks::signature("key", "id_1", 1, "body");
    CHECK(sinks::signature("key", "id_1", 1, "body") == base);
    CHECK(sinks::signature("kez", "id_1", 1, "body") != base);
    CHECK(sinks::signature("key", "id_2", 1, "body") != base);
    CHECK(sinks::signature("key", "id_1", 2, "body") != base);
    CHECK(sinks::signature("key", "id_1", 1, "bodz") != base);
    CHECK(sinks::signature("key", "id_1", 1, std::string("body\0", 5)) != base);
}

TEST_CASE("a secret is whsec_ and base64, or none") {
    CHECK(sinks::signing_key("whsec_AA==") == std::string(1, '\0'));
    CHECK(sinks::signing_key("whsec_AA") == std::string(1, '\0'));
    CHECK(sinks::signing_key("whsec_AAAA") == std::string(3, '\0'));
    CHECK(sinks::signing_key("whsec_+/+/") == std::string("\xFB\xFF\xBF"));
    for (const char* bad : {"", "whsec_", "MDEyMzQ1", "WHSEC_AAAA", "whsec_A",
                            "whsec_AAA==", "whsec_AA=", "whsec_A===", "whsec_AA AA", "whsec_AA-_",
                            "whsec_=AAA", "whsec_AAAA\n"}) {
        INFO(bad);
        CHECK_FALSE(sinks::signing_key(bad));
    }
}
