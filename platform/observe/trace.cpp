// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/trace.h"

#include <algorithm>
#include <limits>
#include <variant>

#include <fmt/format.h>

#include "models/base/text.h"

namespace tessera {

namespace {

template <typename Number>
bool read_number(const std::string& text, Number& number) {
  const auto parsed = parse_unsigned(text);
  const auto* const value = std::get_if<std::uint64_t>(&parsed);
  if (value == nullptr || *value > std::numeric_limits<Number>::max()) {
    return false;
  }
  number = static_cast<Number>(*value);
  return true;
}

/// "3" or "0-3".
bool read_range(const std::string& text, std::set<std::uint32_t>& harts) {
  const std::size_t dash = text.find('-');
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  if (!read_number(text.substr(0, dash), first)) {
    return false;
  }
  last = first;
  if (dash != std::string::npos && !read_number(text.substr(dash + 1), last)) {
    return false;
  }
  constexpr std::uint32_t kMaxHarts = 65536;
  if (last < first || last >= kMaxHarts) {
    return false;
  }
  for (std::uint32_t hart = first; hart <= last; ++hart) {
    harts.insert(hart);
  }
  return true;
}

bool read_setting(const std::string& key, const std::string& value, TraceWindow& window) {
  if (key == "from") {
    return read_number(value, window.from);
  }
  if (key == "to") {
    return read_number(value, window.to);
  }
  if (key == "roi") {
    window.region_as_written = value;
    return !value.empty();
  }
  if (key == "limit") {
    return read_number(value, window.max_bytes);
  }
  if (key == "scope") {
    window.scope = value;
    return !value.empty();
  }
  return key == "harts" && read_range(value, window.harts);
}

}  // namespace

std::string read_trace_option(const std::string& text, TraceOption& option) {
  std::string key;
  std::set<std::string> keys;
  std::size_t begin = text.find(',');
  option.path = text.substr(0, begin);
  if (option.path.empty()) {
    return "expected the name of a file first";
  }
  while (begin != std::string::npos) {
    const std::size_t end = text.find(',', begin + 1);
    const std::string field = text.substr(begin + 1, end - begin - 1);
    const std::size_t equals = field.find('=');
    if (equals != std::string::npos) {
      key = field.substr(0, equals);
      if (!keys.insert(key).second) {
        return fmt::format("'{}': {}= is given twice", field, key);
      }
    }
    // A list goes on: harts=0-3,8.
    const std::string value = equals == std::string::npos ? field : field.substr(equals + 1);
    if ((equals == std::string::npos && key != "harts") ||
        !read_setting(key, value, option.window)) {
      return fmt::format(
          "'{}': expected harts=0-3,8, from=CYCLE, to=CYCLE, roi=REGION, scope=PATTERN or "
          "limit=SIZE",
          field);
    }
    begin = end;
  }
  const TraceWindow& window = option.window;
  if (window.from >= window.to) {
    return fmt::format("from={},to={}: no cycle is in between; 'to' is exclusive", window.from,
                       window.to);
  }
  return "";
}

bool matches(const std::string& text, const std::string& pattern) {
  // The latest "*" takes ever more text until the rest fits.
  std::size_t at = 0;
  std::size_t in_pattern = 0;
  std::size_t star = std::string::npos;
  std::size_t star_at = 0;
  while (at < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      star_at = at;
    } else if (in_pattern < pattern.size() && pattern[in_pattern] == text[at]) {
      ++in_pattern;
      ++at;
    } else if (star != std::string::npos) {
      in_pattern = star + 1;
      at = ++star_at;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == std::string::npos;
}

void TraceFilter::region(const RegionMark& mark) {
  if (window_.region == mark.id) {
    open_regions_ = mark.begins ? open_regions_ + 1 : std::max(open_regions_, 1u) - 1;
    update(mark.cycle);
  }
}

void TraceFilter::switch_on(bool is_on, Cycles cycle) {
  is_on_ = is_on;
  update(cycle);
}

void TraceFilter::stop(Cycles cycle) {
  is_stopped_ = true;
  update(cycle);
}

void TraceFilter::update(Cycles cycle) {
  const bool was_open = is_open_;
  is_open_ = is_on_ && !is_stopped_ && (!window_.region || open_regions_ > 0);
  if (is_open_ && !was_open) {
    openings_.push_back({std::max(cycle, window_.from), window_.to});
  } else if (was_open && !is_open_) {
    openings_.back().end = std::min(cycle, window_.to);
  }
}

std::vector<TraceFilter::Opening> TraceFilter::parts(Cycles begin, Cycles end) const {
  std::vector<Opening> parts;
  const auto first =
      std::partition_point(openings_.begin(), openings_.end(),
                           [begin](const Opening& opening) { return opening.end <= begin; });
  for (auto each = first; each != openings_.end() && each->begin <= end; ++each) {
    const Opening part{std::max(begin, each->begin), std::min(end, each->end)};
    if (part.begin < part.end || (begin == end && each->contains(begin))) {
      parts.push_back(part);
    }
  }
  return parts;
}

bool TraceFilter::look_up(AgentId agent) {
  if (agent >= observers_.num_agents()) {
    return window_.scope.empty();  // nobody
  }
  known_.resize(observers_.num_agents());
  const std::string& name = observers_.agent_name(agent);
  const bool is_hart = name.find(".core[") != std::string::npos;
  const bool is_hidden = (is_hart && !window_.harts.empty() && window_.harts.count(agent) == 0) ||
                         (!window_.scope.empty() && !matches(name, window_.scope));
  known_[agent] = is_hidden ? Known::kHidden : Known::kShown;
  return !is_hidden;
}

void Trace::poll(Cycles cycle) {
  passed(cycle);
  if (!full_since_ && bytes_written() >= filter_.window().max_bytes) {
    full_since_ = cycle;
    filter_.stop(cycle);
  }
}

}  // namespace tessera
