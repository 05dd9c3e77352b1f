#include "daemon/http_password.hpp"

#include <crypt.h>

#include <array>
#include <catch2/catch.hpp>

#include "daemon/random_token.hpp"

using namespace contagiond::daemon;

namespace {

/// Of the form that `htpasswd -nBC 10` prints.
const std::string known_hash = "$2y$10$I.TCZ3BJj2Pk2Nhan2QhHuKoJZCkE6bFkC5fT0XQ2mBfQ8X0mZ7Ge";

std::string hash_of(const std::string& password, const char* setting) {
    crypt_data data{};
    const char* const hash = ::crypt_r(password.c_str(), setting, &data);
    REQUIRE(hash != nullptr);
    return hash;
}

}  // namespace

TEST_CASE("basic credentials are what RFC 7617 says") {
    const auto both = parse_basic("Basic ZGVzazpjb3JyZWN0IGhvcnNl");
    REQUIRE(both);
    CHECK(both->user == "desk");
    CHECK(both->password == "correct horse");
    CHECK(parse_basic("bASIC   ZGVzazphOmI=")->password == "a:b");  // only the first colon counts
    CHECK(parse_basic("Basic Og==")->user.empty());
    for (const char* bad : {"", "Basic", "Basic ", "Basic ZGVzaw==", "Basic ZGVzazph=", "Basic Z",
                            "Basic ZGVz azph", "Basic ZGVzazp_", "Bearer ZGVzazph", "BasicZGVzazph",
                            "Basic ZGVzazoAYQ==", "Basic =ZGVzazph"})
        CHECK_FALSE(parse_basic(bad));
    CHECK(parse_bearer("Bearer abc") == "abc");
    CHECK(parse_bearer("bearer abc") == "abc");
    for (const char* bad : {"", "Bearer", "Bearer ", "Basic abc", "Bearerabc"})
        CHECK_FALSE(parse_bearer(bad));
}

TEST_CASE("a password matches its own hash and no other") {
    // The published vector of Openwall's crypt_blowfish.
    const std::string vector = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    CHECK(matches_bcrypt("U*U", vector));
    CHECK_FALSE(matches_bcrypt("U*V", vector));
    CHECK_FALSE(matches_bcrypt("", vector));
    const std::string own = hash_of("p\xC3\xA4ss:wort", "$2b$04$abcdefghijklmnopqrstuu");
    CHECK(check_bcrypt(own).empty());
    CHECK(matches_bcrypt("p\xC3\xA4ss:wort", own));
    CHECK_FALSE(matches_bcrypt("p\xC3\xA4ss:wor", own));
    CHECK_FALSE(matches_bcrypt("x", "nonsense"));
    CHECK_FALSE(matches_bcrypt("x", ""));
    // What crypt answers where it cannot: never to be taken for a hash.
    CHECK_FALSE(matches_bcrypt("x", "*0"));
    CHECK_FALSE(matches_bcrypt("x", "*1"));
}

TEST_CASE("only bcrypt of a bearable cost is a hash") {
    CHECK(check_bcrypt(known_hash).empty());
    for (const std::string& bad : std::vector<std::string>{
             "", "plain", "$1$abcdefgh$abc", "$2x$" + known_hash.substr(4),
             "$2y$03" + known_hash.substr(6), "$2y$16" + known_hash.substr(6),
             "$2y$31" + known_hash.substr(6), "$2y$1x" + known_hash.substr(6),
             known_hash.substr(0, 59), known_hash + "a", known_hash.substr(0, 59) + "!"}) {
        INFO(bad);
        CHECK_FALSE(check_bcrypt(bad).empty());
        if (bad.size() > 4) CHECK(check_bcrypt(bad).find(bad) == std::string::npos);
    }
}

TEST_CASE("the hash of nobody costs as much and fits no password") {
    const std::string nobody = impossible_bcrypt("$2y$04$" + known_hash.substr(7));
    CHECK(nobody.substr(0, 7) == "$2y$04$");
    CHECK(check_bcrypt(nobody).empty());
    // What crypt makes of its setting is another text of the same length: it was computed.
    const std::string computed = hash_of("x", nobody.c_str());
    CHECK(computed.size() == nobody.size());
    CHECK(computed.substr(0, 29) == nobody.substr(0, 29));
    for (int i = 0; i < 200; ++i) CHECK_FALSE(matches_bcrypt(std::to_string(i), nobody));
}

TEST_CASE("equal means every byte") {
    CHECK(equal_in_constant_time("", ""));
    CHECK(equal_in_constant_time("abc", "abc"));
    for (const char* other : {"", "ab", "abd", "Abc", "abcd"})
        CHECK_FALSE(equal_in_constant_time("abc", other));
}

TEST_CASE("what came of a comparison is remembered, bounded, and of that hash alone") {
    PasswordMemory memory;
    const BasicCredentials good{"desk", "right"};
    CHECK_FALSE(memory.find(good, known_hash));
    memory.keep(good, known_hash, true);
    memory.keep({"desk", "wrong"}, known_hash, false);
    CHECK(memory.find(good, known_hash) == true);
    CHECK(memory.find({"desk", "wrong"}, known_hash) == false);
    CHECK_FALSE(memory.find(good, "$2y$10$another"));
    CHECK_FALSE(memory.find({"desk2", "right"}, known_hash));
    // The parts cannot be shifted into each other.
    CHECK_FALSE(memory.find({"des", "k:right"}, known_hash));
    CHECK_FALSE(memory.find({"desk:", "right"}, known_hash));

    for (int i = 0; i < 2'000; ++i)
        memory.keep({"desk", "guess " + std::to_string(i)}, known_hash, false);
    CHECK(memory.size() == 1 + PasswordMemory::most_bad);
    CHECK(memory.find(good, known_hash) == true);  // who guesses pushes nobody out
    CHECK(memory.find({"desk", "guess 1999"}, known_hash) == false);
    CHECK_FALSE(memory.find({"desk", "guess 0"}, known_hash));
    for (int i = 0; i < 200; ++i) memory.keep({"u" + std::to_string(i), "right"}, known_hash, true);
    CHECK(memory.size() == PasswordMemory::most_good + PasswordMemory::most_bad);
    memory.clear();
    CHECK(memory.size() == 0);
    CHECK_FALSE(memory.find(good, known_hash));
}

TEST_CASE("no two tokens are alike") {
    const std::string token = random_token();
    CHECK(token.size() == 64);
    CHECK(token.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(token != random_token());
}
