// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "models/base/register_fifo.h"

namespace tessera {

/// One AXI burst of a back-end, and where its bytes are on the other side.
struct DmaBurst {
  std::uint32_t address = 0;  ///< of the first byte
  std::uint32_t bytes = 0;
  std::uint32_t partner = 0;   ///< address of the first byte on the other side
  bool ends_transfer = false;  ///< of what the back-end was given
  std::uint32_t number = 0;    ///< DmaTransfer::number
};

/// Goes through bursts beat by beat.
class BeatCursor {
 public:
  struct Beat {
    std::uint32_t address;
    std::uint32_t bytes;
    std::uint32_t partner;
    bool is_last;
    std::uint32_t number;
  };

  explicit BeatCursor(std::uint32_t beat_bytes) : beat_bytes_(beat_bytes) {}

  /// There is a burst with beats to go.
  bool is_active() const { return rest_.bytes > 0; }
  /// REQUIRES: !is_active().
  void start(const DmaBurst& burst) { rest_ = burst; }
  /// REQUIRES: is_active().
  Beat beat() const { return first_beat(rest_); }
  void advance() {
    const std::uint32_t bytes = beat().bytes;
    rest_.address += bytes;
    rest_.partner += bytes;
    rest_.bytes -= bytes;
  }
  Beat first_beat(const DmaBurst& burst) const {
    const std::uint32_t bytes = std::min(burst.bytes, beat_bytes_ - burst.address % beat_bytes_);
    return {burst.address, bytes, burst.partner, bytes == burst.bytes, burst.number};
  }

 private:
  std::uint32_t beat_bytes_;
  DmaBurst rest_;
};

/// The channels of an AXI connection behind a register each. Source: CUT_ALL_PORTS of
/// i_dma_axi_xbar, mempool_group.sv.
struct DmaChannels {
  static constexpr std::size_t kPlaces = 2;  ///< of a spill register
  RegisterFifo<DmaBurst, kPlaces> read_address;
  RegisterFifo<DmaBurst, kPlaces> write_address;
  RegisterFifo<bool, kPlaces> write_data;      ///< is it the last beat?
  RegisterFifo<bool, kPlaces> read_data;       ///< is it the last beat?
  RegisterFifo<bool, kPlaces> write_response;  ///< no content

  bool is_empty() const {
    return read_address.is_empty() && write_address.is_empty() && write_data.is_empty() &&
           read_data.is_empty() && write_response.is_empty();
  }
};

}  // namespace tessera
