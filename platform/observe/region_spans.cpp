// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/region_spans.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace tessera {

void RegionSpans::begin(std::uint32_t hart, Cycles cycle) {
  open_.push_back({hart, cycle});
}

bool RegionSpans::end(std::uint32_t hart, Cycles cycle) {
  if (open_.empty()) {
    return false;
  }
  const auto own = std::find_if(open_.rbegin(), open_.rend(),
                                [hart](const Begin& begin) { return begin.hart == hart; });
  const auto begin = own == open_.rend() ? open_.begin() : std::prev(own.base());
  add({begin->cycle, std::max(begin->cycle, cycle)});
  open_.erase(begin);
  return true;
}

void RegionSpans::add(Span span) {
  auto next = closed_.upper_bound(span.begin);
  if (next != closed_.begin() && std::prev(next)->second.end >= span.begin) {
    --next;
  }
  while (next != closed_.end() && next->second.begin <= span.end) {
    const Span& other = next->second;
    span.begin = std::min(span.begin, other.begin);
    span.end = std::max(span.end, other.end);
    next = closed_.erase(next);
  }
  closed_.emplace(span.begin, span);
}

void RegionSpans::settle(Cycles now, const Take& take) {
  Cycles earliest = now;
  for (const Begin& begin : open_) {
    earliest = std::min(earliest, begin.cycle);
  }
  while (!closed_.empty() && closed_.begin()->second.end < earliest) {
    take(closed_.begin()->second);
    closed_.erase(closed_.begin());
  }
}

void RegionSpans::finish(Cycles now, const Take& take) {
  for (const Begin& begin : open_) {
    add({begin.cycle, std::max(begin.cycle, now)});
  }
  open_.clear();
  settle(std::numeric_limits<Cycles>::max(), take);
}

}  // namespace tessera
