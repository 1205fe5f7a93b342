// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/base/memory_port.h"
#include "models/base/steppable.h"
#include "models/interconnect/fabric_plan.h"
#include "models/interconnect/l1_network_parameters.h"
#include "models/interconnect/round_robin.h"

namespace tessera {

/// Index of an access under way in the table that both directions share.
using Token = std::uint16_t;

/// An access under way: from the hart's request until its response is delivered.
struct alignas(64) InFlight {
  MemoryRequest request;       ///< access.data becomes the result at the bank
  std::uint32_t sink = 0;      ///< where it leaves the fabric: bank, then hart
  std::uint16_t tile = 0;      ///< of the sink
  std::uint16_t way_back = 0;  ///< arbiter of the responses that the bank's answer requests
};

/// One direction of the network: buffers and arbiters, laid out flat. A token waits in a buffer
/// until the arbiter of the output it wants takes it into the next buffer or out of the fabric.
///
/// Timing: whether a buffer can take a token depends on its state at the start of the cycle, as
/// with all registers of the RTL. So the arbiters are visited from the sources to the sinks: a
/// token enters a buffer before another one leaves it. A spill register shows a token in the next
/// cycle, a fall-through register in the same.
class Fabric {
 public:
  struct Buffer {
    static constexpr std::uint32_t kRing = 4;
    std::array<Token, kRing> tokens{};
    std::uint8_t first = 0;
    std::uint8_t count = 0;
    BufferKind kind = BufferKind::kPlace;
    std::uint16_t input = 0;      ///< of the arbiters that it can reach
    std::uint32_t route = 0;      ///< an arbiter, or one of the values below
    Cycles head_since = kNever;   ///< first cycle in which the head requests; kNever: empty
    Cycles ready_from = 0;        ///< kBank: accepts nothing before
    std::uint64_t occupancy = 0;  ///< sum of departures minus sum of arrivals of tokens, in cycles

    Token head() const { return tokens[first]; }
    bool can_take(Cycles cycle) const;
  };
  struct Arbiter {
    std::uint64_t requests = 0;     ///< inputs; of a wide arbiter: words that are not zero
    std::uint64_t locked = 0;       ///< LockIn: the requests at the first refusal; 0: not locked
    std::uint32_t first_input = 0;  ///< place of its inputs in inputs_
    std::uint32_t target = 0;       ///< buffer, or number of the sink
    std::uint16_t favoured = 0;
    std::uint16_t wide = 0;  ///< more than 64 inputs: 1 + place in wide_masks_
    bool locks = false;
    std::uint64_t grants = 0;
    std::uint64_t conflict_cycles = 0;  ///< cycles in which somebody waited
    std::uint64_t wait_cycles = 0;      ///< the same, summed over all who waited
  };
  /// Stands for one bank's part of a wide access; requests nothing.
  static constexpr Token kWideToken = 0xFFFF;

  Fabric(const FabricPlan& plan, Arbitration arbitration, const std::vector<InFlight>& in_flight);

  /// A token comes in: from a hart, before the step of the cycle, or from a bank, after it.
  /// REQUIRES: the buffer is a kPlace or kBank that can take it.
  void enter(std::uint32_t buffer, Token token, Cycles cycle);
  /// Takes the head out without an arbiter, before the step of the cycle.
  void leave(std::uint32_t buffer, Cycles cycle);
  /// kBank: accepts nothing before `cycle`.
  void block(std::uint32_t buffer, Cycles cycle);
  /// One cycle. The sink: `bool can_take(number, cycle)`, `void take(number, token, input, cycle)`.
  template <typename Sink>
  void step(Cycles cycle, Sink& sink);

  bool is_empty() const { return tokens_ == 0; }
  const Buffer& buffer(std::uint32_t number) const { return buffers_[number]; }
  /// By its number in the plan.
  const Arbiter& planned_arbiter(std::uint32_t number) const { return arbiters_[ids_[number]]; }
  std::uint16_t arbiter_id(std::uint32_t number) const { return ids_[number]; }

 private:
  static constexpr std::uint32_t kToSink = 0xFFFF;
  static constexpr std::uint32_t kWayBack = 0xFFFE;
  static constexpr std::uint32_t kByTable = 0x80000000;  ///< + place of a row in routes_
  /// Inputs of an arbiter with more than 64 of them, 64 in a word.
  struct WideMask {
    std::array<std::uint64_t, 64> requests{};
    std::array<std::uint64_t, 64> locked{};
  };
  /// Arbiters that are visited one after the other, aligned to words of active_.
  struct Rank {
    std::uint32_t first_word;
    std::uint32_t end_word;
    bool is_sink;
  };

  void lay_out_arbiters(const FabricPlan& plan);
  void lay_out_buffers(const FabricPlan& plan);
  template <typename Visit>
  void for_each_active(const Rank& rank, Visit&& visit);
  std::uint32_t next_arbiter(const Buffer& buffer, Token token) const;
  void request(Buffer& buffer);
  void push(std::uint32_t buffer, Token token, Cycles cycle);
  Token pop(std::uint32_t buffer, Cycles cycle);
  void forward(std::uint32_t id, Cycles cycle);
  template <typename Sink>
  void deliver(std::uint32_t id, Cycles cycle, Sink& sink);
  /// The winner's input; it requests no more.
  std::uint32_t choose(std::uint32_t id, Arbiter& arbiter);
  std::uint32_t choose_wide(Arbiter& arbiter);
  void refuse(Arbiter& arbiter);
  void count_waiting(Arbiter& arbiter);

  const std::vector<InFlight>& in_flight_;
  const bool rotates_;  ///< round robin
  std::vector<Buffer> buffers_;
  std::vector<Arbiter> arbiters_;
  std::vector<WideMask> wide_masks_;
  std::vector<std::uint16_t> inputs_;
  std::vector<std::uint16_t> routes_;
  std::vector<std::uint16_t> ids_;  ///< of the arbiters in the plan
  std::vector<Rank> ranks_;
  std::vector<std::uint64_t> active_;  ///< arbiters with requests
  std::vector<std::uint16_t>
      becoming_heads_;  ///< buffers whose head requests from the next cycle on
  std::uint32_t first_sink_ = 0;
  std::uint32_t tokens_ = 0;
};

}  // namespace tessera
