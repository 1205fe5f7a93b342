// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/base/axi_port.h"
#include "models/base/byte_memory.h"
#include "models/dma/dma_burst.h"
#include "models/dma/dma_parameters.h"

namespace tessera {

/// From the AXI port of a back-end to the banks of its group: one beat per cycle, read or write.
/// The bytes of a beat move when it accesses the banks.
/// Source: i_axi_to_reqrsp and i_reqrsp_demux in mempool_group.sv, axi_to_reqrsp.sv.
class DmaL1Side {
 public:
  struct Counters {
    std::uint64_t beats = 0;
    std::uint64_t refused_cycles = 0;
    std::uint64_t bytes = 0;
  };

  DmaL1Side(const DmaParameters& parameters, WideL1Port& port, ByteMemory& memory);

  /// Takes requests from `channels`, and gives the responses back to them.
  void step(DmaChannels& channels, Cycles cycle);
  bool is_idle() const { return responses_.is_empty(); }
  const Counters& counters() const { return counters_; }

 private:
  /// An access to the banks whose response has not left yet.
  struct Response {
    std::uint32_t word = 0;
    bool is_write = false;
    bool is_last = false;
  };
  /// Places of the response buffer (BufDepth + 1 of i_axi_to_reqrsp), and one access more that
  /// waits for a place (its i_fork).
  static constexpr std::size_t kBufferPlaces = 3;

  void respond(DmaChannels& channels, Cycles cycle);
  void request(DmaChannels& channels, Cycles cycle);
  /// The arbiter's choice when both are there.
  bool is_write_next(const BeatCursor::Beat& read, const BeatCursor::Beat& write) const;
  /// The selected beat; false when the banks refuse it.
  bool access(const BeatCursor::Beat& beat, Cycles cycle);

  const std::uint32_t beat_bytes_;
  const std::size_t max_accesses_;  ///< under way at the banks
  WideL1Port& port_;
  ByteMemory& memory_;
  BeatCursor read_;
  BeatCursor write_;
  RegisterFifo<Response, kBufferPlaces + 1> responses_;
  std::uint32_t attributed_ = 0;     ///< DmaTransfer::number of the latest access
  bool is_last_unbuffered_ = false;  ///< the newest access waits for a place in the buffer
  bool is_write_selected_ = false;   ///< by the arbiter between reads and writes
  bool is_selection_locked_ = false;
  Counters counters_;
};

}  // namespace tessera
