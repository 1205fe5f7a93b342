// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/base/steppable.h"

namespace tessera {

/// Number of an access under way; what it is about stands in a table of the network.
using Token = std::uint16_t;

}  // namespace tessera

/// What a Fabric keeps. Fetching it is what costs, so what every grant needs is small and what only
/// conflicts need lies apart. No field that is written often is a char: after a store to one the
/// compiler would reload every pointer.
namespace tessera::fabric {

/// Where tokens wait for arbiters: a buffer, and the input of all of these that it is.
struct Place {
  Place() = default;
  Place(std::uint16_t input, std::uint16_t buffer) : packed(std::uint32_t{buffer} << 16 | input) {}
  /// Of the arbiters that it leads to.
  std::uint16_t input() const { return static_cast<std::uint16_t>(packed); }
  std::uint16_t buffer() const { return static_cast<std::uint16_t>(packed >> 16); }
  std::uint32_t packed = 0;  ///< one word: it is copied all the time
};
/// What a grant without conflict needs, with its State.
struct Arbiter {
  std::uint64_t grants = 0;
  Place behind{};
  std::uint32_t route = 0;  ///< row in routes_ for tokens behind it; of a sink: its number
};
struct State {
  std::uint16_t arrivals = 0;  ///< tokens that arrive for the next visit, + kContested
  std::uint16_t favoured = 0;
};
/// The requests of tokens that wait in queues, and what came of them.
struct Contest {
  std::uint64_t requests = 0;     ///< inputs; of a wide arbiter: words that are not zero
  std::uint64_t locked = 0;       ///< the requests at the first refusal
  bool locks = false;             ///< LockIn
  bool is_locked = false;         ///< requests that came after the first refusal do not count
  std::uint32_t first_input = 0;  ///< place of the arbiter's inputs in inputs_
  std::uint64_t conflict_cycles = 0;
  std::uint64_t wait_cycles = 0;
};
/// Inputs of an arbiter with more than 64 of them, 64 in a word.
struct WideMask {
  std::array<std::uint64_t, 64> requests{};
  std::array<std::uint64_t, 64> locked{};
};
/// Tokens that wait in a buffer; how many: waiting_.
struct Queue {
  std::uint64_t tokens = 0;      ///< 16 bits each, the head lowest
  std::uint64_t delays = 0;      ///< cycles spent here by all tokens
  std::uint32_t head_since = 0;  ///< first cycle in which the head requests, its low 32 bits
  std::uint16_t input = 0;       ///< of the arbiters that it leads to
  std::uint16_t places = 1;      ///< one must be free at the start of a cycle to take a token
  bool head_moves_on = false;    ///< a head that waits leaves its place to a register behind

  Token head() const { return static_cast<Token>(tokens); }
  bool has_waited(Cycles cycle) const { return head_since != static_cast<std::uint32_t>(cycle); }
};
struct Source {
  std::uint32_t route = 0;  ///< row in routes_
  Place place{};
};
struct Destination {
  std::uint16_t tile = 0;
  std::uint16_t arbiter = 0;  ///< of the sink
};
/// A token that has become visible at an arbiter.
struct Arrival {
  std::uint16_t arbiter = 0;
  Token token{};
  Place place{};
};
struct Request {
  std::uint16_t arbiter;
  std::uint16_t input;
};
/// Arbiters that are visited together. All tokens behind them arrive in the same batch.
struct Batch {
  bool is_sink = false;
  bool is_wide = false;      ///< more than 64 inputs
  std::uint32_t behind = 0;  ///< the batch behind the arbiters
  std::uint32_t num_arrivals = 0;
  std::vector<Arrival> arrivals;  ///< place for one from every input
  std::uint32_t num_contested = 0;
  std::vector<std::uint16_t> contested;  ///< arbiters with requests
};

}  // namespace tessera::fabric
