// The same rows through simdjson: parse, and give every text and number a home of its own, as the Swift readers do.
#include <simdjson.h>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>
using namespace simdjson;

static size_t keep(dom::element e, std::vector<std::string> &home) {
    switch (e.type()) {
    case dom::element_type::OBJECT: {
        size_t n = 0;
        for (auto f : dom::object(e)) { home.emplace_back(f.key); n += 1 + keep(f.value, home); }
        return n;
    }
    case dom::element_type::ARRAY: {
        size_t n = 0;
        for (auto v : dom::array(e)) n += keep(v, home);
        return n;
    }
    case dom::element_type::STRING: home.emplace_back(std::string_view(e)); return 1;
    default: return 1;
    }
}

int main(int argc, char **argv) {
    if (argc != 2) return 64;
    std::ifstream in(argv[1], std::ios::binary);
    std::string all((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    std::vector<padded_string> rows;
    size_t bytes = 0;
    for (size_t at = 0; at < all.size();) {
        size_t end = all.find('\n', at);
        if (end == std::string::npos) end = all.size();
        if (end > at) { rows.emplace_back(all.data() + at, end - at); bytes += end - at; }
        at = end + 1;
    }
    double best = 1e9;
    size_t kept = 0;
    for (int round = 0; round < 3; round++) {
        auto start = std::chrono::steady_clock::now();
        dom::parser parser;
        std::vector<std::string> home;
        for (auto &row : rows) { home.clear(); kept += keep(parser.parse(row), home); }
        best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    std::printf("%-34s %.0f rows/s %.1f MB/s\n", "simdjson dom (C++)", rows.size() / best, bytes / best / 1e6);
    std::fprintf(stderr, "%zu\n", kept);
}
