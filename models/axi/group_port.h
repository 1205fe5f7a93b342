// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/axi/axi_channel.h"
#include "models/axi/axi_demux.h"
#include "models/axi/group_mux.h"
#include "models/axi/id_remap.h"
#include "models/axi/locking_arbiter.h"
#include "models/axi/read_only_cache.h"
#include "models/base/memory_port.h"
#include "models/base/stat.h"

namespace tessera {

/// An AXI master of the system: the mux of a group's tiles and devices, the read-only cache beside
/// the direct way, the id remapper, and the register towards the system. Between the mux's
/// registers and that one there is none on the direct way. Source: axi_hier_interco.sv,
/// snitch_read_only_cache.sv; i_axi_cut in mempool_group.sv.
class GroupPort {
 public:
  /// What sits at the inputs of the mux; `open_bursts` counts the masters' bursts under way.
  struct Inputs {
    TilePort* tiles;
    std::uint32_t num_tiles;
    MasterPort* masters;
    std::uint32_t num_masters;
    std::uint32_t& open_bursts;
  };
  GroupPort(std::uint8_t index, const Inputs& inputs, std::uint32_t read_only_cache_bytes,
            std::uint32_t axi_bytes, SocTarget& target, StatGroup& stats);

  GroupMux mux;
  /// The register towards the system (its ids: `source` of its requests and responses).
  AxiChannels cut;
  ReadOnlyCache& read_only_cache() { return cache_; }

  /// Moves everything one register further.
  void step(Cycles now);
  bool is_idle() const { return cache_.is_idle(); }

 private:
  enum Target : std::uint32_t { kBypass, kCache, kNumTargets };
  static constexpr std::uint16_t kRefillSource = 0xFFFF;
  static constexpr std::uint32_t kMaxPerId = 15;  ///< 2^n - 1 for MaxTrans = 16

  void step_read_responses(Cycles now);
  void step_write_responses(Cycles now);
  void step_addresses(Cycles now);
  const AxiRequest* present_read(Cycles now);
  const AxiRequest* present_write(Cycles now);
  Target send_addresses(const AxiRequest* bypass, const AxiRequest* write, Cycles now);
  void send(AxiRequest request, std::uint16_t id, ChannelRegister<AxiRequest>& to, Cycles now);
  void step_data(Cycles now);

  const std::uint8_t index_;
  SocTarget& target_;
  ReadOnlyCache cache_;
  AxiDemux demux_;
  LockingArbiter read_arbiter_;  ///< of the mux behind the cache
  IdRemap remap_;
  bool is_read_waiting_ = false;  ///< keeps its target until accepted
  Target read_target_ = kBypass;
  bool is_refill_response_ = false;  ///< the R beat at the cut answers a refill
  AxiRequest refill_;

  std::uint64_t read_beats_ = 0;
  std::uint64_t write_beats_ = 0;
  std::uint64_t busy_cycles_ = 0;
};

}  // namespace tessera
