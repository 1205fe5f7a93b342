// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/axi/axi_channel.h"
#include "models/axi/axi_demux.h"
#include "models/axi/axi_slave.h"
#include "models/axi/id_remap.h"
#include "models/axi/locking_arbiter.h"
#include "models/base/address_range.h"

namespace tessera {

/// A crossbar of the masters to targets, with a register on every channel at the targets' ports.
/// Timing: round robin per target and address channel; data follows the order of the addresses, 4
/// at most in advance, from the cycle after on. Responses: round robin over the targets.
/// Source: axi_xbar.sv with CUT_MST_PORTS and FallThrough = 0: i_soc_xbar, mempool_system.sv.
class AxiCrossbar : public AxiSlave {
 public:
  /// Chooses the target of an address.
  class Decoder {
   public:
    virtual ~Decoder() = default;
    virtual std::uint32_t target_of(std::uint32_t address) const = 0;
  };

  /// `max_per_id`: transactions of an id that a master may have under way.
  AxiCrossbar(std::uint32_t num_masters, std::uint32_t num_targets, std::uint32_t max_per_id,
              const Decoder& decoder);

  AxiChannels& target(std::uint32_t index) { return targets_[index].channels; }
  /// Something is under way to or from a target, or was shown in this cycle.
  bool is_used() const { return num_open_ != 0 || is_shown_; }

  const AxiResponse* read_response(std::uint32_t master, Cycles now) override;
  const AxiResponse* write_response(std::uint32_t master, Cycles now) override;
  void end_read_response(std::uint32_t master, bool is_accepted, Cycles now) override;
  void end_write_response(std::uint32_t master, bool is_accepted, Cycles now) override;
  void show(std::uint32_t master, const Shown& shown, Cycles now) override;
  void step(Cycles now) override;
  Accepted accepted(std::uint32_t master) const override { return masters_[master].accepted; }

 private:
  static constexpr std::uint32_t kMaxWrites = 4;  ///< MaxSlvTrans, mempool_system.sv

  struct Master {
    explicit Master(std::uint32_t max_per_id) : demux(IdRemap::kNumIds, max_per_id) {}
    AxiDemux demux;
    Shown shown;
    std::uint32_t read_target = 0;  ///< of the response offered
    std::uint32_t write_target = 0;
    Accepted accepted;
  };
  struct Target {
    AxiChannels channels;
    LockingArbiter read_arbiter;
    LockingArbiter write_arbiter;
    std::uint64_t reads = 0;  ///< masters that show one in this cycle
    std::uint64_t writes = 0;
    std::uint64_t data = 0;
    bool is_write_shown = false;  ///< its place in the order of data is taken already
    RegisterFifo<std::uint8_t, kMaxWrites> data_order;
  };

  void step_reads(std::uint32_t index, Cycles now);
  void step_writes(std::uint32_t index, Cycles now);
  void step_data(Target& target, Cycles now);

  const Decoder& decoder_;
  std::uint32_t num_open_ = 0;  ///< accepted, last response not yet
  bool is_shown_ = false;
  std::vector<Master> masters_;
  std::vector<Target> targets_;
};

}  // namespace tessera
