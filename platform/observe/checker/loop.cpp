// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/loop.h"

#include <algorithm>
#include <set>

namespace tessera {

using Opcode = GuestInstruction::Opcode;

bool Loop::only_looks(const GuestInstruction& instruction) {
  switch (instruction.opcode()) {
    case Opcode::kLoad:
    case Opcode::kFence:
    case Opcode::kImmediate:
    case Opcode::kAuipc:
    case Opcode::kRegister:
    case Opcode::kLui:
    case Opcode::kBranch:
    case Opcode::kSystem:
      return true;
    case Opcode::kJal:
      return !instruction.is_call();
    default:
      return false;
  }
}

namespace {

/// Whether all ways to `tail` pass `head`.
bool dominates(const GuestCode& code, std::size_t head, std::size_t tail) {
  std::vector<std::size_t> open{tail};
  std::set<std::size_t> reached{head, tail};
  while (!open.empty()) {
    const std::size_t index = open.back();
    open.pop_back();
    const std::vector<std::size_t> before = code.predecessors(index);
    if (index != head && (before.empty() || code.is_called(index))) {
      return false;
    }
    for (const std::size_t one : before) {
      if (index != head && reached.insert(one).second) {
        open.push_back(one);
      }
    }
  }
  return true;
}

}  // namespace

Loop::Loop(const GuestCode& code, std::size_t head, std::size_t tail, std::size_t max_instructions)
    : code_(code), max_instructions_(max_instructions), places_{{head}} {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const Place place = places_[i];
    const GuestInstruction& instruction = code_[place.index];
    const bool is_followed =
        only_looks(instruction) || instruction.is_call() || instruction.is_return();
    const bool is_entry = i != 0 && place.call == kNoCall && code_.is_called(place.index);
    const Places before = i == 0 ? ends_of(tail) : predecessors(place);
    if (!is_followed || is_entry || before.empty() || places_.size() > max_instructions_) {
      places_.clear();
      return;
    }
    for (const Place& one : before) {
      if (!is_in(places_, one)) {
        places_.push_back(one);
      }
    }
  }
}

bool Loop::is_part_of_work() const {
  const std::size_t head = places_[0].index;
  const std::vector<std::size_t> tails = code_.predecessors(head);
  return std::any_of(tails.begin(), tails.end(), [&](std::size_t tail) {
    return !holds(tail) && dominates(code_, head, tail) &&
           Loop(code_, head, tail, max_instructions_).places().empty();
  });
}

Loop::Places Loop::way(const Place& from, const Place& to) const {
  Places reached{to};
  std::vector<std::size_t> next{0};  // of each: where in `reached` the way goes on
  for (std::size_t i = 0; i < reached.size(); ++i) {
    for (const Place& before : predecessors(reached[i])) {
      if (before == from) {
        Places way;
        for (std::size_t at = i; at != 0; at = next[at]) {
          way.push_back(reached[at]);
        }
        return way;
      }
      if (is_in(places_, before) && !is_in(reached, before)) {
        reached.push_back(before);
        next.push_back(i);
      }
    }
  }
  return {};
}

bool Loop::is_in(const Places& places, const Place& place) {
  return std::find(places.begin(), places.end(), place) != places.end();
}

std::vector<std::size_t> Loop::function(std::size_t entry) const {
  std::vector<std::size_t> all{entry};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const GuestInstruction& instruction = code_[all[i]];
    const std::vector<std::size_t> next = code_.successors(all[i]);
    const bool ends = next.empty() && !instruction.is_return();
    if ((!only_looks(instruction) && !instruction.is_return()) || ends ||
        all.size() > max_instructions_) {
      return {};
    }
    for (const std::size_t one : next) {
      if (std::find(all.begin(), all.end(), one) == all.end()) {
        all.push_back(one);
      }
    }
  }
  return all;
}

Loop::Places Loop::ends_of(std::size_t before) const {
  if (!code_[before].is_call()) {
    return {{before}};
  }
  Places returns;
  if (const auto entry = code_.callee(before)) {
    for (const std::size_t one : function(*entry)) {
      if (code_[one].is_return()) {
        returns.push_back({one, before});
      }
    }
  }
  return returns;
}

Loop::Places Loop::predecessors(const Place& place) const {
  Places found;
  if (place.call == kNoCall) {
    for (const std::size_t before : code_.predecessors(place.index)) {
      const Places ends = ends_of(before);
      if (ends.empty()) {
        return {};
      }
      found.insert(found.end(), ends.begin(), ends.end());
    }
    return found;
  }
  const std::vector<std::size_t> callee = function(*code_.callee(place.call));
  for (const std::size_t before : code_.predecessors(place.index)) {
    if (std::find(callee.begin(), callee.end(), before) != callee.end()) {
      found.push_back({before, place.call});
    }
  }
  if (place.index == callee.front()) {
    found.push_back({place.call});
  }
  return found;
}

}  // namespace tessera
