// Prints a digest of what each elementary function gives, for elementary_bits.cmake to compare
// between compilers and optimisations.
#include <cstdio>

#include "tests/core/elementary_inputs.hpp"

int main() {
    using namespace contagiond::test;
    for (const ElementaryFunction& f : elementary_functions())
        std::printf("%s %016llx\n", f.name,
                    static_cast<unsigned long long>(elementary_digest(f, 50'000)));
}
