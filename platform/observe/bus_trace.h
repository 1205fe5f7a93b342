// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "models/base/l1_layout.h"
#include "platform/observe/bus_trace_file.h"
#include "platform/observe/trace.h"

namespace tessera {

/// Every data access as memory performs it, one row each:
///   cycle,agent,operation,address,bytes,wait,activity,bank,pc
/// `wait`: cycles since a hart issued it (L1, cycle timing); `activity`: of a device; `bank`: of
/// L1, counted over all tiles; `pc`: of a hart. What does not apply is empty.
class BusTrace final : public Trace, public MemoryProbe {
 public:
  /// `l1`: where banks lie. Throws ConfigError.
  BusTrace(const std::string& path, const TraceWindow& window, const Observers& observers,
           const L1Layout& l1);

  Probes probes() override { return {nullptr, this, nullptr, nullptr}; }
  void accessed(const MemoryAccess& access) override;
  void finish(Cycles cycle) override;

 private:
  std::uint64_t bytes_written() const override { return file_->bytes_written(); }

  const std::unique_ptr<BusTraceFile> file_;
  const L1Layout l1_;
};

}  // namespace tessera
