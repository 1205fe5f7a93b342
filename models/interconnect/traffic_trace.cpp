// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/traffic_trace.h"

#include <sstream>

#include <fmt/format.h>

#include "models/base/error.h"
#include "models/base/text.h"

namespace tessera {

namespace {

/// One line of a trace; knows where it stands for messages.
class TraceLine {
 public:
  TraceLine(const std::string& file, std::size_t number, const std::string& text)
      : where_(fmt::format("{}:{}", file, number)) {
    std::istringstream words(text.substr(0, text.find('#')));
    for (std::string word; words >> word;) {
      words_.push_back(word);
    }
  }

  bool is_empty() const { return words_.empty(); }
  [[noreturn]] void fail(const std::string& what) const {
    throw ConfigError(where_, what, "a line is: cycle hart address [r|w]");
  }
  void check_length() const {
    if (words_.size() < 3 || words_.size() > 4) {
      fail(fmt::format("{} words", words_.size()));
    }
  }
  std::uint64_t number(std::size_t index, const char* name, std::uint64_t limit) const {
    const auto parsed = parse_unsigned(words_[index]);
    if (const auto* problem = std::get_if<std::string>(&parsed)) {
      fail(fmt::format("{}: {}", name, *problem));
    }
    const std::uint64_t value = std::get<std::uint64_t>(parsed);
    if (value >= limit) {
      fail(fmt::format("{} {} is not below {}", name, words_[index], limit));
    }
    return value;
  }
  bool is_write() const {
    if (words_.size() == 4 && words_[3] != "r" && words_[3] != "w") {
      fail(fmt::format("expected r or w, got '{}'", words_[3]));
    }
    return words_.size() == 4 && words_[3] == "w";
  }

 private:
  std::string where_;
  std::vector<std::string> words_;
};

}  // namespace

TrafficTrace parse_traffic_trace(const std::string& text, const std::string& file,
                                 std::uint32_t num_harts, std::uint32_t l1_bytes) {
  TrafficTrace trace(num_harts);
  std::istringstream lines(text);
  std::string content;
  for (std::size_t number = 1; std::getline(lines, content); ++number) {
    const TraceLine line(file, number, content);
    if (line.is_empty()) {
      continue;
    }
    line.check_length();
    TraceRequest request;
    request.cycle = line.number(0, "cycle", 1'000'000'000);
    const std::uint64_t hart = line.number(1, "hart", num_harts);
    request.address = static_cast<std::uint32_t>(line.number(2, "address", l1_bytes));
    if (request.address % 4 != 0) {
      line.fail(fmt::format("address 0x{:X} is not that of a word", request.address));
    }
    request.is_write = line.is_write();
    if (!trace[hart].empty() && trace[hart].back().cycle > request.cycle) {
      line.fail(fmt::format("hart {} has a request in cycle {} before this line", hart,
                            trace[hart].back().cycle));
    }
    trace[hart].push_back(request);
  }
  return trace;
}

}  // namespace tessera
