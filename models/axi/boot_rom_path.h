// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/axi/axi_channel.h"
#include "models/base/memory_port.h"
#include "models/base/stat.h"

namespace tessera {

/// From the crossbar to the boot ROM and back.
/// Timing: a beat per cycle; the answer enters the crossbar's register in the next cycle. Source:
/// axi2mem.sv with BufDepth 2 and bootrom.sv, mempool_system.sv.
/// Limits: reads go before writes (which do nothing); the hardware alternates.
class BootRomPath {
 public:
  BootRomPath(AxiChannels& port, SocTarget& target, StatGroup& stats);

  void step(Cycles now);

 private:
  AxiChannels& port_;
  SocTarget& target_;
  std::uint32_t beats_left_ = 0;  ///< of the read burst at the port
  ChannelRegister<AxiResponse> read_responses_;
  ChannelRegister<AxiResponse> write_responses_;
  std::uint64_t beats_ = 0;
};

}  // namespace tessera
