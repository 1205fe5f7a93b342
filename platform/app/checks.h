// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "platform/address_map.h"
#include "platform/app/check_options.h"
#include "platform/app/guest_places.h"
#include "platform/app/images.h"
#include "platform/elf_loader.h"
#include "platform/soc.h"
#include "platform/soc_config.h"

namespace tessera {
class OffloadChecker;
}

namespace tessera::app {

/// The checks of one run.
class Checks {
 public:
  /// Attaches them to `soc`, before anything is loaded. `places` outlives them. Throws ConfigError.
  Checks(const CheckOptions& options, Soc& soc, const SocConfig& config, const AddressMap& map,
         const ElfImage& program, const std::vector<MemoryImage>& images,
         const std::vector<MemoryDump>& dumps, const GuestPlaces& places);
  ~Checks();

  /// Whether anything is checked.
  bool is_on() const { return offload_ != nullptr; }
  /// How many places of the program are wrong.
  std::size_t num_findings() const;
  /// All findings, some lines each; ends with their number.
  std::string report() const;

 private:
  std::unique_ptr<OffloadChecker> offload_;
};

}  // namespace tessera::app
