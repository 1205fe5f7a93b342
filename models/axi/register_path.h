// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/axi/axi_channel.h"
#include "models/axi/locking_arbiter.h"
#include "models/axi/parked_accesses.h"
#include "models/base/memory_port.h"
#include "models/base/stat.h"

namespace tessera {

/// Registers behind AXI-Lite: one read and one write under way.
/// Timing: counted from the cycle in which a request can be taken off the crossbar's register.
/// Source: axi_dw_downsizer.sv, axi_to_axi_lite.sv, axi_lite_xbar.sv, axi_lite_to_reg.sv.
/// Limits: a burst takes one access per beat, whatever its width; an atomic is performed like a
/// write and answered like both (the hardware answers it with an error and performs nothing).
struct RegisterPathTiming {
  Cycles read_to_access;      ///< AR taken -> register read
  Cycles access_to_response;  ///< register read -> R
  Cycles write_to_data;       ///< AW taken -> W can be taken
  Cycles response_to_data;    ///< B taken -> W of the next write can be taken
  Cycles data_to_access;      ///< W taken -> register written; B follows in the next cycle
  bool takes_address_early;   ///< AW does not wait for its W
};

/// Control registers and DMA front-end. Width converter (1 + the register of its demux), AXI-Lite
/// demux (its order FIFO lets W pass the cycle after AW), read FIFO, response FIFOs; the width
/// converter registers R once more. Source: i_axi_dw_converter_ctrl to i_ctrl_registers and
/// i_mempool_dma, mempool_system.sv.
constexpr RegisterPathTiming kRegisterTiming{3, 2, 3, 2, 0, true};

/// The external port as the RTL's testbench ends it: the UART. Source: axi_uart.sv (axi_to_reg
/// with DECOUPLE_W), mempool_tb_verilator.sv.
constexpr RegisterPathTiming kExternalTiming{1, 1, 0, 1, 1, false};

/// From the crossbar to registers and back.
class RegisterPath {
 public:
  RegisterPath(const RegisterPathTiming& timing, AxiChannels& port, SocTarget& target,
               StatGroup& stats);

  void step(Cycles now);

 private:
  enum class State : std::uint8_t { kIdle, kReserved, kAccess, kRespond };
  struct Side {
    State state = State::kIdle;
    AxiRequest request;
    bool is_last = true;  ///< beat of the request
    std::uint32_t beats_left = 0;
    Cycles due = 0;  ///< first cycle in which the state may end
    bool is_due(State in, Cycles now) const { return state == in && now >= due; }
  };

  void respond(Cycles now);
  void take_read(Cycles now);
  void take_write_address(bool has_data_passed, Cycles now);
  bool take_write_data(Cycles now);
  void access(Cycles now);
  /// Leaves the access of `side` to parked_; the side takes the next one.
  void park(Side& side, Cycles now);

  const RegisterPathTiming timing_;
  AxiChannels& port_;
  SocTarget& target_;
  Side read_;
  Side write_;                ///< whose W has been taken
  bool has_address_ = false;  ///< an AW has been taken, its last W not yet
  AxiRequest address_;
  Cycles data_from_ = 0;       ///< W may be taken, for the address
  Cycles next_data_from_ = 0;  ///< W may be taken, after the last B
  LockingArbiter arbiter_;
  ParkedAccesses parked_;

  std::uint64_t reads_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t wait_cycles_ = 0;
};

}  // namespace tessera
