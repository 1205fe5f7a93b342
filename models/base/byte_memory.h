// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace tessera {

/// Functional bulk access to an address space: how a device (DMA, accelerator, loader, debugger)
/// reads and writes bytes without time. Timing is the caller's.
class ByteMemory {
 public:
  virtual ~ByteMemory() = default;
  /// Copies `bytes` bytes at `address` to `data`. Returns false, and leaves `data` undefined, when
  /// any byte is outside this space.
  virtual bool read(std::uint32_t address, void* data, std::size_t bytes) = 0;
  /// Copies `data` to `address`. Returns false, and changes nothing, when any byte is outside.
  virtual bool write(std::uint32_t address, const void* data, std::size_t bytes) = 0;
  /// What follows is part of the caller's activity `number` (probe.h), for whoever watches.
  virtual void attribute_to(std::uint64_t /*number*/) {}
  /// What follows is done by `agent` (AgentId of probe.h), the caller or a part of it.
  virtual void act_as(std::uint32_t /*agent*/) {}
  /// What follows reads rows that begin `stride` bytes apart, each at once; 0: no rows any more.
  /// For whoever watches.
  virtual void reads_rows(std::uint32_t /*stride*/) {}
  /// After a read() or write() that returned false: a target is there, but refused (AXI: SLVERR,
  /// not DECERR).
  [[nodiscard]] virtual bool was_refused() const { return false; }
};

}  // namespace tessera
