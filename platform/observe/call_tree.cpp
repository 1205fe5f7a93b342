// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/call_tree.h"

#include <algorithm>
#include <numeric>

namespace tessera {

std::uint64_t ProfileCounts::cycles() const {
  return std::accumulate(events.begin(), events.end(), std::uint64_t{0});
}

ProfileCounts& ProfileCounts::operator+=(const ProfileCounts& other) {
  for (std::size_t i = 0; i < kNumEvents; ++i) {
    events[i] += other.events[i];
  }
  return *this;
}

const char* ProfileCounts::name(std::size_t event) {
  switch (event) {
    case kInstructions:
      return "instructions";
    case kAsleep:
      return "asleep";
    case kAnswer:
      return "answer";
    default:
      return to_string(static_cast<StallReason>(event - kFirstStall));
  }
}

std::size_t CallTree::child(std::size_t parent, const FunctionStack::Frame& frame) {
  const std::vector<std::size_t>& siblings = parent == kNone ? roots_ : nodes_[parent].children;
  const auto found = std::find_if(siblings.begin(), siblings.end(), [&](std::size_t index) {
    return nodes_[index].function == frame.function && nodes_[index].call_site == frame.call_site;
  });
  if (found != siblings.end()) {
    return *found;
  }
  nodes_.push_back({frame.function, frame.call_site, parent, 0, {}, {}});
  (parent == kNone ? roots_ : nodes_[parent].children).push_back(nodes_.size() - 1);
  return nodes_.size() - 1;
}

CallTree::Node& CallTree::follow(FunctionStack& stack) {
  path_.resize(std::min(path_.size(), stack.take_unchanged()));
  while (path_.size() < stack.frames().size()) {
    const FunctionStack::Frame& frame = stack.frames()[path_.size()];
    path_.push_back(child(path_.empty() ? kNone : path_.back(), frame));
    nodes_[path_.back()].calls += frame.is_entered ? 1 : 0;
  }
  return nodes_[path_.back()];
}

std::vector<ProfileCounts> CallTree::inclusive() const {
  std::vector<ProfileCounts> counts;
  counts.reserve(nodes_.size());
  for (const Node& node : nodes_) {
    counts.push_back(node.self);
  }
  for (std::size_t i = nodes_.size(); i-- > 0;) {  // callees come behind their callers
    if (nodes_[i].parent != kNone) {
      counts[nodes_[i].parent] += counts[i];
    }
  }
  return counts;
}

}  // namespace tessera
