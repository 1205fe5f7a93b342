// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/axi/axi_channel.h"
#include "models/axi/axi_slave.h"
#include "models/axi/locking_arbiter.h"
#include "models/base/memory_port.h"
#include "models/base/stat.h"

namespace tessera {

/// L2 as SRAM: from the masters' AXI ports to the banks and back.
/// Timing: a master has one beat under way, from the request to the response: one AXI word per 4
/// cycles. Request: round robin per bank, register, bank; response: next cycle, register. Banks
/// interleave by AXI word. An atomic holds its bank one cycle longer. Individual writes go before
/// read bursts, else a burst goes on, else reads and writes of a master alternate.
/// Source: mempool_system.sv (gen_l2_adapters, i_l2_req_xbar, i_l2_rsp_xbar, gen_l2_banks);
/// axi_to_reqrsp.sv, tcdm_adapter.sv. Every master's accesses take effect in the bank's cycle.
class L2Path : public AxiSlave {
 public:
  L2Path(std::uint32_t num_masters, std::uint32_t num_banks, std::uint32_t axi_bytes,
         SocTarget& target, StatGroup& stats);

  const AxiResponse* read_response(std::uint32_t master, Cycles now) override;
  const AxiResponse* write_response(std::uint32_t master, Cycles now) override;
  void end_read_response(std::uint32_t master, bool is_accepted, Cycles now) override;
  void end_write_response(std::uint32_t master, bool is_accepted, Cycles now) override;
  void show(std::uint32_t master, const Shown& shown, Cycles now) override;
  void step(Cycles now) override;
  Accepted accepted(std::uint32_t master) const override { return adapters_[master].accepted; }

 private:
  /// One beat on its way to a bank and back.
  struct Beat {
    AxiRequest request;
    std::uint32_t bank = 0;
    bool is_write = false;
    bool is_last = false;
    bool has_read_response = false;
    bool has_write_response = false;
  };
  /// axi_to_reqrsp and the throttle of one master.
  struct Adapter {
    AxiRequest read;  ///< a burst under way
    AxiRequest write;
    std::uint32_t reads_left = 0;  ///< of it
    std::uint32_t writes_left = 0;
    bool is_write_selected = false;
    bool is_locked = false;
    RegisteredCount in_flight;
    Beat beat;  ///< what is selected in this cycle
    Accepted accepted;
    ChannelRegister<Beat> responses;
    AxiResponse response;
  };
  struct Bank {
    LockingArbiter arbiter;
    std::uint64_t requests = 0;  ///< masters, in this cycle
    ChannelRegister<Beat> beats;
    Cycles busy_until = 0;
    std::uint64_t num_beats = 0;
    std::uint64_t conflict_cycles = 0;
  };

  void retire_answered(Adapter& adapter, Cycles now);
  bool select(Adapter& adapter, const Shown& shown);
  void accept(std::uint32_t master, Bank& bank, Cycles now);
  void access(Bank& bank, Cycles now);

  const std::uint32_t axi_bytes_;
  SocTarget& target_;
  std::vector<Adapter> adapters_;
  std::vector<Bank> banks_;
};

}  // namespace tessera
