// SPDX-License-Identifier: Apache-2.0
#include "platform/app/machine.h"

#include <fmt/format.h>

#include "models/base/text.h"

namespace tessera::app {

Machine::Machine(const ConfigOptions& options) {
  for (const std::string& file : options.files) {
    tree.load_file(file);
  }
  for (const std::string& setting : options.settings) {
    tree.set(setting);
  }
  config = SocConfig::from_config(tree.root());
  tree.check();
}

std::string Machine::summary() const {
  const ClusterConfig& cluster = config.cluster;
  return fmt::format("{}: {} harts in {} tiles, L1 {}, L2 {}, {} ITAs", config.name,
                     cluster.num_harts(), cluster.core_tiles(), format_bytes(cluster.l1_bytes()),
                     format_bytes(config.l2.bytes), config.ita.count);
}

}  // namespace tessera::app
