// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/attention_engine/cycle/chain.h"
#include "models/attention_engine/cycle/vector_fifo.h"
#include "models/attention_engine/engine_parameters.h"
#include "models/base/axi_port.h"

namespace tessera::attention_engine {

/// DMA of the engine: loads rows for the loader, stores rows out of OutQ.
/// Timing: a burst per cycle and direction goes to the AXI port, a word of data per cycle comes in
/// and goes out; bursts do not cross 4 KiB and are at most max_burst_beats long; max_bursts per
/// direction are outstanding. A store goes out once its data stand in OutQ.
class AxiMover : public AxiClient {
 public:
  struct Counters {
    std::uint64_t read_bytes = 0;
    std::uint64_t write_bytes = 0;
    std::uint64_t wait_cycles = 0;  ///< the port refused a burst or a word
  };

  AxiMover(const EngineParameters& engine, AxiPort& port);

  [[nodiscard]] bool can_load() const { return !loads_.is_full(); }
  /// REQUIRES: can_load().
  void load(std::uint64_t chain, const L2Rows& rows);
  /// The oldest load has all its data. Then it is forgotten.
  bool take_loaded(std::uint64_t& chain);

  /// A place in OutQ is free and the row can be queued.
  [[nodiscard]] bool can_store() const;
  /// Row `index` of what `chain` stores. REQUIRES: can_store().
  void store(std::uint64_t chain, const L2Rows& rows, std::uint32_t index);
  /// The oldest store whose data are all acknowledged.
  bool take_stored(std::uint64_t& chain);

  void step(Cycles cycle);
  /// There is something to offer to the port in every cycle.
  [[nodiscard]] bool is_offering() const;
  [[nodiscard]] bool is_idle() const;
  [[nodiscard]] const Counters& counters() const { return counters_; }
  /// Forgets what has not been issued; what has been issued still comes back.
  void abandon();

  bool can_take_beat() const override { return true; }  // the register files take a word per cycle
  void read_beat(std::uint32_t tag, bool is_last, Cycles cycle) override;
  void write_response(std::uint32_t tag, Cycles cycle) override;

 private:
  struct Load {
    std::uint64_t chain = 0;
    L2Rows rows;
    std::uint32_t row = 0;     ///< the next to be issued
    std::uint32_t offset = 0;  ///< bytes of it that have been
    std::uint32_t bursts = 0;  ///< issued, without their last beat
    [[nodiscard]] bool is_issued() const { return row == rows.rows; }
  };
  struct Store {
    std::uint64_t chain = 0;
    std::uint32_t address = 0;
    std::uint32_t bytes = 0;
    std::uint32_t vectors = 0;  ///< places in OutQ
    bool is_last = false;       ///< of its chain
  };

  [[nodiscard]] std::uint32_t beats_of(std::uint32_t address, std::uint32_t bytes) const;
  /// Bytes of the next burst from `address` on when `bytes` follow each other.
  [[nodiscard]] std::uint32_t burst_bytes(std::uint32_t address, std::uint32_t bytes) const;
  Load* next_load();
  void issue_load(Cycles cycle);
  void close_store();
  void issue_store();

  const EngineParameters engine_;
  AxiPort& port_;
  Ring<Load> loads_;
  std::size_t issuing_ = 0;  ///< place of the load that is issued, from the oldest
  std::uint32_t read_bursts_ = 0;

  std::uint32_t queued_vectors_ = 0;  ///< in OutQ
  Store open_;                        ///< rows that can still be joined
  Ring<Store> closed_;                ///< complete, not issued
  Ring<Store> sending_;               ///< address issued, data not all
  std::uint32_t beats_left_ = 0;      ///< of the first of sending_
  Ring<Store> unanswered_;
  Ring<std::uint64_t> stored_;
  Counters counters_;
};

}  // namespace tessera::attention_engine
