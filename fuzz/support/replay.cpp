// SPDX-License-Identifier: BSL-1.0
// Runs a fuzz target without libFuzzer: every file it is given, then a fixed number of mutations of them.
//   replay_<target> [--mutations n] <file or folder>...
// The mutations are the same in each run. An input that breaks the target is written to
// replay_<target>.finding, ready to go into fuzz/regressions/.
#include <algorithm>
#include <csignal>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fuzz/support/target.hpp>

namespace {

using octets = std::vector<std::uint8_t>;

constexpr std::size_t size_most = 4096;

std::string finding_name;
octets const* running = nullptr;

// Only on the way down, so the rules for signal handlers do not matter much.
void keep_finding() {
  if (running == nullptr) return;
  std::ofstream(finding_name, std::ios::binary)
      .write(reinterpret_cast<char const*>(running->data()), static_cast<std::streamsize>(running->size()));
  std::fprintf(stderr, "input of %zu bytes written to %s\n", running->size(), finding_name.c_str());
  running = nullptr;
}

extern "C" void on_abort(int) { keep_finding(); }

// A block of exactly that size, so that AddressSanitizer sees the first byte past its end.
void run(octets const& input) {
  running = &input;
  octets const exact(input.begin(), input.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
  running = nullptr;
}

octets read(std::filesystem::path const& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void collect(std::filesystem::path const& path, std::vector<octets>& inputs) {
  if (!std::filesystem::is_directory(path)) {
    if (std::filesystem::exists(path)) inputs.push_back(read(path));
    return;
  }
  std::vector<std::filesystem::path> files;
  for (auto const& entry : std::filesystem::recursive_directory_iterator(path))
    if (entry.is_regular_file() && entry.path().filename() != ".gitkeep") files.push_back(entry.path());
  std::sort(files.begin(), files.end());  // the order of a folder is not the same everywhere
  for (auto const& file : files) inputs.push_back(read(file));
}

std::ptrdiff_t offset(std::size_t index) { return static_cast<std::ptrdiff_t>(index); }

void mutate(octets& input, std::vector<octets> const& all, fuzz::random_numbers& random) {
  constexpr std::uint8_t telling[] = {0x00, 0x01, 0x02, 0x7f, 0x80, 0xc0, 0xed, 0xff,
                                      '#',  '+',  '/',  '%',  '&',  '=',  '$'};
  std::size_t const at = random(input.size() + 1);
  switch (random(7)) {
    case 0:
      if (at < input.size()) input[at] = static_cast<std::uint8_t>(input[at] ^ 1u << random(8));
      break;
    case 1:
      if (at < input.size()) input[at] = telling[random(std::size(telling))];
      break;
    case 2: input.insert(input.begin() + offset(at), telling[random(std::size(telling))]); break;
    case 3: input.resize(at); break;
    case 4:
      if (at < input.size())
        input.erase(input.begin() + offset(at), input.begin() + offset(at + 1 + random(input.size() - at)));
      break;
    case 5:
      if (at < input.size()) input[at] = static_cast<std::uint8_t>(input[at] + random(3) - 1);
      break;
    default: {
      octets const& other = all[random(all.size())];
      std::size_t const from = random(other.size() + 1);
      input.insert(input.begin() + offset(at), other.begin() + offset(from), other.end());
    }
  }
  if (input.size() > size_most) input.resize(size_most);
}

void run_mutations(std::vector<octets> const& inputs, std::size_t count) {
  fuzz::random_numbers random(20'240'601);
  for (std::size_t i = 0; i != count; ++i) {
    octets input = inputs[random(inputs.size())];
    for (std::size_t steps = 1 + random(4); steps != 0; --steps) mutate(input, inputs, random);
    run(input);
  }
}

}  // namespace

int main(int count, char** arguments) {
  finding_name = std::filesystem::path(arguments[0]).filename().string() + ".finding";
  std::signal(SIGABRT, on_abort);
  std::size_t mutations = 0;
  std::vector<octets> inputs{octets{}};
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(arguments[i], "--mutations") == 0 && i + 1 < count) {
      mutations = std::strtoul(arguments[++i], nullptr, 10);
    } else {
      collect(arguments[i], inputs);
    }
  }
  for (octets const& input : inputs) run(input);
  if (mutations != 0 && inputs.size() < 3) {
    std::fprintf(stderr, "no seeds\n");
    return 1;
  }
  run_mutations(inputs, mutations);
  std::printf("%zu files, %zu mutations, no findings\n", inputs.size() - 1, mutations);
}
