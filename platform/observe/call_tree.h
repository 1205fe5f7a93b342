// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/base/stall_reason.h"
#include "platform/observe/function_stack.h"

namespace tessera {

/// What the cycles of a hart went into. Each instruction takes one cycle of its own; all else is
/// lost ones.
struct ProfileCounts {
  static constexpr std::size_t kInstructions = 0;
  static constexpr std::size_t kFirstStall = 1;  ///< + StallReason
  static constexpr std::size_t kAsleep = kFirstStall + kNumStallReasons;
  /// Functional timing: waiting for the answer of a device.
  static constexpr std::size_t kAnswer = kAsleep + 1;
  static constexpr std::size_t kNumEvents = kAnswer + 1;

  std::array<std::uint64_t, kNumEvents> events{};

  std::uint64_t instructions() const { return events[kInstructions]; }
  std::uint64_t cycles() const;
  ProfileCounts& operator+=(const ProfileCounts& other);

  /// "instructions", "fetch", ..., "asleep", "answer".
  static const char* name(std::size_t event);
};

/// The functions that one hart called, as a tree of who called whom from where.
class CallTree {
 public:
  struct Node {
    const CodeRange* function;  ///< null: no symbol there
    std::uint32_t call_site;    ///< pc of the call; 0 for the functions that nobody called
    std::size_t parent;         ///< a smaller index; kNone for those
    std::uint64_t calls = 0;
    ProfileCounts self;
    std::vector<std::size_t> children{};
  };
  static constexpr std::size_t kNone = ~std::size_t{0};

  /// The node of the function at the top of `stack`, which is not empty: of one and the same hart
  /// in all calls, and nobody else takes what it left unchanged.
  Node& follow(FunctionStack& stack);

  const std::vector<Node>& nodes() const { return nodes_; }
  /// Of each node: its own counts and those of all it called.
  std::vector<ProfileCounts> inclusive() const;

 private:
  /// The node of the function that `parent` called, new when it has to be.
  std::size_t child(std::size_t parent, const FunctionStack::Frame& frame);

  std::vector<Node> nodes_;
  std::vector<std::size_t> roots_;
  std::vector<std::size_t> path_;  ///< nodes of the stack's frames
};

}  // namespace tessera
