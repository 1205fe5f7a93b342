// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/base/units.h"

namespace tessera {

/// A burst of full-width beats of one AXI master. Carries timing only: whoever moves data does so
/// through a ByteMemory at the moment that its own model says.
struct AxiBurst {
  std::uint32_t address = 0;  ///< of the first byte; later beats are aligned
  std::uint32_t beats = 1;
  bool is_write = false;
  std::uint32_t tag = 0;  ///< the AXI id: bursts of one tag and direction stay in order
};

/// Where a master (a DMA back-end, an accelerator) enters the AXI side in cycle timing. The state
/// that can_...() report is that of the start of the cycle.
class AxiPort {
 public:
  virtual ~AxiPort() = default;
  /// The address channel (AW or AR) takes a burst in this cycle.
  virtual bool can_issue(bool is_write) const = 0;
  virtual void issue(const AxiBurst& burst) = 0;
  /// The W channel takes a beat in this cycle. Beats go to the write bursts in their order.
  virtual bool can_write() const = 0;
  virtual void write_beat(bool is_last) = 0;
};

/// The master's side: how it takes what comes back.
class AxiClient {
 public:
  virtual ~AxiClient() = default;
  /// The master takes an R beat in this cycle.
  virtual bool can_take_beat() const = 0;
  virtual void read_beat(std::uint32_t tag, bool is_last, Cycles cycle) = 0;
  virtual void write_response(std::uint32_t tag, Cycles cycle) = 0;
};

/// The wide side of the L1 banks of one group: what its DMA back-end reads and writes. An access is
/// one AXI word: all banks of one superbank, before every narrow access. Source:
/// tcdm_wide_narrow_mux.sv and axi2mem.sv, MemPool.
class WideL1Port {
 public:
  virtual ~WideL1Port() = default;
  /// Claims the banks of the AXI word at `raw_address` (interleaved map) in this cycle; called
  /// before the narrow requests of the cycle are arbitrated, and after the answer that is taken in
  /// it. False: not all of the banks have taken it (one writes back an AMO or keeps an answer), try
  /// again in the next cycle.
  virtual bool access(std::uint32_t raw_address, std::uint32_t bytes, bool is_write) = 0;
  /// The answer to an access to that word, read or write, stands complete at its banks: in the next
  /// cycle, or later when other answers stand there before it. Source: i_wide_stream_join in
  /// tcdm_wide_narrow_mux.sv.
  virtual bool has_answer(std::uint32_t raw_address, std::uint32_t bytes) const = 0;
  /// Takes it in this cycle. Banks that keep an answer accept nothing, after one more request.
  /// Source: rdata_ready in tcdm_adapter.sv. REQUIRES: has_answer(raw_address, bytes).
  virtual void take_answer(std::uint32_t raw_address, std::uint32_t bytes) = 0;
};

}  // namespace tessera
