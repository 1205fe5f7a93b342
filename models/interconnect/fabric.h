// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/base/steppable.h"
#include "models/interconnect/fabric_plan.h"
#include "models/interconnect/fabric_state.h"
#include "models/interconnect/l1_network_parameters.h"

namespace tessera {

/// One direction of the network: buffers and arbiters, laid out flat. A token waits in a buffer
/// until the arbiter of the output it wants takes it into the next buffer or out of the fabric.
///
/// Timing: whether a buffer can take a token depends on its state at the start of the cycle, as
/// with all registers of the RTL. A spill register shows a token in the next cycle: the arbiter
/// behind it is visited before the one in front of it. A fall-through register shows it in the
/// same cycle: the other way round. Arbiters that may be visited in any order make a batch.
///
/// A token that gets on in the cycle in which it becomes visible is never stored in a buffer: it
/// stands in the list of arrivals of the next batch. Only one that must wait enters its queue.
class Fabric {
 public:
  /// Counters of an arbiter, for statistics.
  struct Counters {
    const std::uint64_t& grants;
    const std::uint64_t& conflict_cycles;  ///< cycles in which somebody waited
    const std::uint64_t& wait_cycles;      ///< the same, summed over all who waited
    const std::uint64_t& delay_cycles;     ///< that tokens then spent waiting in the buffer behind
  };
  /// Stands for one bank's part of a wide access; requests nothing.
  static constexpr Token kWideToken = 0xFFFF;

  /// For tokens 0 .. tokens-1.
  Fabric(const FabricPlan& plan, Arbitration arbitration, std::size_t tokens);

  /// Where the token leaves the fabric. Before it comes in.
  void set_destination(Token token, std::uint32_t tile, std::uint32_t sink) {
    destinations_[token] = {static_cast<std::uint16_t>(tile), sinks_[sink]};
  }
  /// A hart's token comes in; it requests in this cycle's step. REQUIRES: nothing waits there.
  void enter(std::uint32_t source, Token token);
  /// A bank's token comes in after this cycle's step; it requests `arbiter` from the next one on.
  /// REQUIRES: bank_can_take().
  void enter_bank(std::uint32_t bank, Token token, std::uint16_t arbiter, Cycles cycle);
  /// The same for kWideToken.
  void enter_wide(std::uint32_t bank, Cycles cycle);
  /// A token stands at the source and has lost in the last step.
  bool is_waiting(std::uint32_t source) const { return waiting_[source] > 0; }
  /// A kWideToken stands at the head of the bank's FIFO since the start of `cycle` or longer; asked
  /// after the step of the cycle.
  bool is_wide_head(std::uint32_t bank, Cycles cycle) const {
    return waiting_[bank] > 0 && queues_[bank].head() == kWideToken &&
           queues_[bank].head_since != static_cast<std::uint32_t>(cycle + 1);
  }
  /// The bank accepts a request: its response FIFO was empty at the start of the cycle
  /// (rdata_ready in tcdm_adapter.sv) and nothing blocks it.
  bool bank_can_take(std::uint32_t bank, Cycles cycle) {
    return (watched_banks_[bank / 64] >> (bank % 64) & 1) == 0 ||
           watched_bank_can_take(bank, cycle);
  }
  /// The bank accepts nothing before `cycle`.
  void block_bank(std::uint32_t bank, Cycles cycle);
  /// Nothing blocks the bank in `cycle` any more.
  bool is_bank_open(std::uint32_t bank, Cycles cycle) const { return bank_ready_[bank] <= cycle; }
  /// Takes a kWideToken at the head of a bank's FIFO out, after the step of the cycle.
  /// REQUIRES: is_wide_head(bank, cycle).
  void leave_wide(std::uint32_t bank, Cycles cycle);

  /// One cycle. `sink.can_take(number, cycle)`: the sink takes a token in this cycle;
  /// `sink.take(number, token, input, cycle)`: here it is, from that input of its arbiter.
  template <typename Sink>
  void step(Cycles cycle, Sink& sink);

  bool is_empty() const { return tokens_ == 0; }
  /// What the arbiter of that number in the plan is called here.
  std::uint16_t arbiter_id(std::uint32_t planned) const { return ids_[planned]; }
  Counters counters(std::uint32_t planned) const;
  /// Tokens that have left at the sink.
  std::uint64_t left_at(std::uint32_t sink) const { return arbiters_[sinks_[sink]].grants; }

 private:
  /// In routes_: the arbiter of the token's sink.
  static constexpr std::uint16_t kToSink = 0xFFFF;
  /// In State::arrivals: the arbiter has requests of tokens in queues, or takes no short cut.
  static constexpr std::uint16_t kContested = 0x8000;

  using Arbiter = fabric::Arbiter;
  using Arrival = fabric::Arrival;
  using Batch = fabric::Batch;
  using Place = fabric::Place;

  void lay_out_arbiters(const FabricPlan& plan);
  void lay_out_arbiter(const FabricPlan::Arbiter& planned);
  void lay_out_buffers(const FabricPlan& plan);
  void lay_out_buffer(const FabricPlan::Buffer& planned, std::uint16_t id, std::uint32_t route);

  std::uint16_t next_arbiter(std::uint32_t route, Token token) const {
    const fabric::Destination destination = destinations_[token];
    const std::uint16_t next = routes_[route + destination.tile];
    return next == kToSink ? destination.arbiter : next;
  }
  Batch& batch_of(std::uint16_t arbiter) { return batches_[batch_numbers_[arbiter]]; }
  void arrive(Batch& batch, const Arrival& arrival) {
    batch.arrivals[batch.num_arrivals++] = arrival;
    ++states_[arrival.arbiter].arrivals;
  }
  template <typename Sink>
  void step_sinks(Batch& batch, Cycles cycle, Sink& sink);
  template <typename Sink>
  void settle_sinks(Batch& batch, Cycles cycle, Sink& sink);
  void step_inner(Batch& batch, Cycles cycle);
  void settle_inner(Batch& batch, Cycles cycle);
  void raise_new_heads();

  void grant(const Arrival& arrival);
  bool can_take(std::uint32_t buffer, Cycles cycle) const {
    return waiting_[buffer] == 0 || has_place(buffer, cycle);
  }
  bool watched_bank_can_take(std::uint32_t bank, Cycles cycle);
  void watch_bank(std::uint32_t bank) {
    watched_banks_[bank / 64] |= std::uint64_t{1} << (bank % 64);
  }
  bool has_place(std::uint32_t buffer, Cycles cycle) const;
  void add_request(std::uint16_t arbiter, std::uint16_t input, bool is_wide);
  void contest(Batch& batch, const Arrival& arrival, Cycles cycle);
  void step_to_queue(Batch& batch, const Arrival& arrival, Cycles cycle);
  void wait_alone(std::uint32_t buffer, Token token, Cycles cycle);
  void wait_behind(std::uint32_t buffer, Token token, std::uint16_t arbiter, Cycles cycle);
  Token pop(std::uint32_t buffer, Cycles cycle);
  void pop_before_others(std::uint32_t buffer, Cycles cycle);
  Token pop_input(std::uint16_t arbiter, std::uint16_t input, Cycles cycle) {
    return pop(inputs_[contests_[arbiter].first_input + input], cycle);
  }
  std::uint16_t choose(std::uint16_t id, bool is_wide);
  std::uint32_t choose_wide(std::uint16_t id);
  void refuse(std::uint16_t id, bool is_wide);
  void count_waiting(std::uint16_t id, bool is_wide);
  void keep_contested(Batch& batch, std::uint16_t id);

  const std::uint16_t favoured_mask_;  ///< 0: fixed priority
  std::uint32_t tokens_ = 0;
  std::uint32_t first_target_ = 0;
  std::vector<Arbiter> arbiters_;
  std::vector<fabric::State> states_;              ///< per arbiter
  std::vector<std::uint16_t> waiting_;             ///< tokens in the queue of each buffer
  std::vector<std::uint16_t> routes_;              ///< arbiters, or kToSink
  std::vector<std::uint16_t> sinks_;               ///< the arbiter of each sink
  std::vector<fabric::Destination> destinations_;  ///< per token
  std::vector<Batch> batches_;                     ///< in the order of a cycle
  std::vector<std::uint16_t> batch_numbers_;       ///< per arbiter
  std::vector<fabric::Source> sources_;
  std::vector<std::uint64_t> watched_banks_;  ///< bits of those that perhaps cannot take
  std::vector<Cycles> bank_ready_;

  std::vector<fabric::Queue> queues_;  ///< per buffer
  std::vector<Cycles> full_in_;  ///< per buffer: was full at the start of that cycle, then popped
  std::vector<fabric::Request> new_heads_;    ///< request from the next cycle on
  std::vector<std::uint16_t> entries_;        ///< per token that waits behind others: its arbiter
  std::vector<fabric::Contest> contests_;     ///< per arbiter
  std::vector<std::uint16_t> inputs_;         ///< buffers
  std::vector<fabric::WideMask> wide_masks_;  ///< per arbiter, if any is wide
  std::vector<std::uint16_t> ids_;            ///< of the arbiters in the plan
};

}  // namespace tessera
