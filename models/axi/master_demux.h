// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "models/axi/axi_channel.h"
#include "models/axi/axi_demux.h"
#include "models/axi/axi_slave.h"
#include "models/axi/id_remap.h"
#include "models/base/address_range.h"

namespace tessera {

/// The system's side of an AXI master: routes to L2 or to the crossbar of the rest, without a
/// register. Source: gen_mst_demux, mempool_system.sv.
class MasterDemux {
 public:
  MasterDemux(std::uint32_t master, AxiChannels& cut, const AddressRange& l2, AxiSlave& soc,
              AxiSlave& l2_path)
      : master_(master), cut_(cut), l2_(l2), slaves_{&soc, &l2_path} {}

  // Slaves with nothing under way and nothing to be shown are not asked.
  void take_responses(Cycles now);
  void show_requests(Cycles now);
  /// After the slaves' step().
  void end_requests(Cycles now);

 private:
  enum Target : std::uint32_t { kSoc, kL2, kNumTargets };
  static constexpr std::uint32_t kMaxPerId = 7;  ///< 2^n - 1 for MaxMstTrans = 8

  Target target_of(const AxiRequest& request) const {
    return l2_.contains(request.address) ? kL2 : kSoc;
  }

  const std::uint32_t master_;
  AxiChannels& cut_;
  const AddressRange l2_;
  const std::array<AxiSlave*, kNumTargets> slaves_;
  std::array<std::uint32_t, kNumTargets> open_{};  ///< accepted, last response not yet
  std::array<bool, kNumTargets> is_shown_{};       ///< the slave was asked in this cycle
  AxiDemux demux_{IdRemap::kNumIds, kMaxPerId};
};

}  // namespace tessera
