// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "models/base/byte_memory.h"
#include "models/base/hart_access.h"
#include "models/base/l1_layout.h"
#include "models/base/observers.h"

namespace tessera {

/// The L1 as harts reach it; tells observers of every access.
class ObservedHartPort final : public HartPort {
 public:
  /// `now`: the cycle in which accesses are performed.
  ObservedHartPort(HartPort& memory, const Observers& observers, std::function<Cycles()> now)
      : memory_(memory), observers_(observers), now_(std::move(now)) {}

  bool contains(std::uint32_t address) const override { return memory_.contains(address); }
  HartReply access(const HartAccess& access) override;
  const std::uint8_t* host_bytes() const override { return memory_.host_bytes(); }

 private:
  HartPort& memory_;
  const Observers& observers_;
  const std::function<Cycles()> now_;
};

/// An address space as one device reaches it; tells observers of every access that succeeds.
class ObservedMemory final : public ByteMemory {
 public:
  struct Services {
    const Observers& observers;
    std::function<Cycles()> now;
    /// The layout of L1, when the device uses its raw addresses; else it uses those of harts.
    std::optional<L1Layout> raw_layout;
    bool tells_reads = true;
  };
  ObservedMemory(ByteMemory& memory, AgentId agent, Services services)
      : memory_(memory), agent_(agent), services_(std::move(services)) {}

  bool read(std::uint32_t address, void* data, std::size_t bytes) override;
  bool write(std::uint32_t address, const void* data, std::size_t bytes) override;
  void attribute_to(std::uint64_t number) override { activity_ = number; }
  void act_as(std::uint32_t agent) override { agent_ = agent; }
  void reads_rows(std::uint32_t stride) override { row_stride_ = stride; }
  bool was_refused() const override { return memory_.was_refused(); }

 private:
  void report(AccessKind kind, std::uint32_t address, std::size_t bytes) const;

  ByteMemory& memory_;
  AgentId agent_;
  const Services services_;
  std::uint64_t activity_ = 0;
  std::uint32_t row_stride_ = 0;  ///< 0: no rows are read
};

}  // namespace tessera
