// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "platform/observe/checker/guest_code.h"

namespace tessera {

/// A short loop without side effects on memory: the natural loop of a way back in the flow of
/// control, wherever its pieces are. What it calls is part of it.
class Loop {
 public:
  /// An instruction; in a function that the loop calls, as called at `call`.
  struct Place {
    std::size_t index;
    std::size_t call = kNoCall;

    bool operator==(const Place& other) const { return index == other.index && call == other.call; }
  };
  using Places = std::vector<Place>;

  /// Whether the instruction may be in such a loop; calls aside.
  static bool only_looks(const GuestInstruction& instruction);

  /// Of the way from `tail` back to `head`: `head`, and all that reaches `tail` without passing it.
  /// Remains empty if it can be entered elsewhere, has more than `max_instructions`, or does more
  /// than look.
  Loop(const GuestCode& code, std::size_t head, std::size_t tail, std::size_t max_instructions);

  /// The head first.
  const Places& places() const { return places_; }
  /// Whether another loop with the same head does more than look: what is read here may be read
  /// again because of what is stored there.
  bool is_part_of_work() const;
  bool holds(std::size_t index) const { return is_in(places_, {index}); }
  /// The shortest way inside the loop from behind `from` until before `to`.
  Places way(const Place& from, const Place& to) const;

 private:
  static constexpr std::size_t kNoCall = ~std::size_t{0};
  static bool is_in(const Places& places, const Place& place);
  /// All that a function does, from its first instruction to its returns. Empty: more than look.
  std::vector<std::size_t> function(std::size_t entry) const;
  /// Where the hart is last before it goes on behind instruction `before`: there or, of a call, at
  /// the returns from it. Empty: the call does more than look.
  Places ends_of(std::size_t before) const;
  /// Empty: nothing, or a call that does more than look.
  Places predecessors(const Place& place) const;

  const GuestCode& code_;
  const std::size_t max_instructions_;
  Places places_;
};

}  // namespace tessera
