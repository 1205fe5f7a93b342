// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/base/axi_port.h"
#include "models/base/byte_memory.h"
#include "models/base/register_fifo.h"
#include "models/base/stat.h"
#include "models/base/steppable.h"
#include "models/dma/dma_backend.h"
#include "models/dma/dma_distributor.h"
#include "models/dma/dma_parameters.h"
#include "models/dma/dma_split.h"

namespace tessera {

/// The registers in front of the engine: where launches wait, and where their end is seen.
class DmaFrontEnd {
 public:
  struct Offer {
    DmaTransfer transfer;
    Cycles cycle = kNever;  ///< first one in which the engine may take it; kNever: no offer
  };
  virtual ~DmaFrontEnd() = default;
  /// The launch that has waited longest.
  virtual Offer offered() const = 0;
  virtual void taken(Cycles cycle) = 0;
  /// In `cycle` the front-end is told that nothing the engine took is under way any more;
  /// `transfers` and `bytes` are what it has moved since the last time.
  virtual void completed(std::uint64_t transfers, std::uint64_t bytes, Cycles cycle) = 0;
};

/// Where one back-end reads and writes.
struct DmaBackendPorts {
  AxiPort& axi;
  WideL1Port& l1;
  ByteMemory& memory;  ///< L2, and L1 in its raw map; may not wait
};

/// The DMA behind its registers in cycle timing: the split mid-end cuts transfers into L1 rows, the
/// distribute mid-end hands them to the back-ends, in the order of the groups.
/// Timing: cycle-true to mempool_cluster.sv, mempool_group.sv and the modules of iDMA; part 3 of
/// CycleLoop. Each beat moves its bytes, on both sides, when it accesses L1.
/// Limits: one side of a transfer is in L1, the other in L2 (is_movable()).
class DmaEngine : public Steppable {
 public:
  /// `ports` per back-end.
  DmaEngine(const DmaParameters& parameters, DmaFrontEnd& front_end,
            const std::vector<DmaBackendPorts>& ports, StatGroup& parent_stats);

  AxiClient& axi_client(std::uint32_t backend) { return *backends_[backend]; }

  /// The hardware can do it: one side lies in L1, the other in L2.
  static bool is_movable(const DmaParameters& parameters, const DmaTransfer& transfer);
  /// Nothing that was taken is under way.
  bool is_idle() const { return rest_.bytes == 0 && num_pieces_ == 0; }
  /// What the status register shows in `cycle`, not later than the next one to be stepped.
  bool is_status_idle(Cycles cycle) const;

  Cycles next_active_cycle(Cycles from) const override;
  void step(Cycles cycle) override;

 private:
  /// Source: spill registers i_dma_req_group_register, mempool_cluster.sv, and i_dma_req_register,
  /// mempool_group.sv.
  static constexpr std::size_t kSpillPlaces = 2;
  struct Group {
    explicit Group(std::uint32_t backends) : distributor(backends) {}
    RegisterFifo<DmaTransfer, kSpillPlaces> cluster_register;
    RegisterFifo<DmaTransfer, kSpillPlaces> group_register;
    DmaDistributor distributor;
  };

  void record_status(Cycles cycle);
  void step_group(std::uint32_t group, Cycles cycle);
  /// Hands out the next piece; true when one has gone to all groups.
  bool split(Cycles cycle);
  bool hand_out(const DmaTransfer& piece, Cycles cycle);

  const DmaParameters parameters_;
  DmaFrontEnd& front_end_;
  std::vector<std::unique_ptr<DmaBackend>> backends_;
  std::vector<Group> groups_;
  DmaDistributor distributor_;
  DmaTransfer rest_;                                ///< of the transfer that is being split
  std::uint64_t num_pieces_ = 0;                    ///< handed out and not completed
  std::uint64_t num_taken_ = 0;                     ///< transfers since the last completion
  std::uint64_t bytes_before_ = 0;                  ///< moved before the last completion
  std::uint64_t idle_history_ = ~std::uint64_t{0};  ///< bit i: idle, i cycles before the last step
  Cycles last_step_ = 0;
};

}  // namespace tessera
