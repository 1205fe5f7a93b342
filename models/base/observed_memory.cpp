// SPDX-License-Identifier: Apache-2.0
#include "models/base/observed_memory.h"

namespace tessera {

HartReply ObservedHartPort::access(const HartAccess& access) {
  const HartReply reply = memory_.access(access);
  if (MemoryProbe* probe = observers_.memory()) {
    probe->accessed(as_observed(access, reply.data, now_()));
  }
  return reply;
}

bool ObservedMemory::read(std::uint32_t address, void* data, std::size_t bytes) {
  const bool is_read = memory_.read(address, data, bytes);
  if (is_read && services_.tells_reads) {
    report(AccessKind::kLoad, address, bytes);
  }
  return is_read;
}

bool ObservedMemory::write(std::uint32_t address, const void* data, std::size_t bytes) {
  const bool is_written = memory_.write(address, data, bytes);
  if (is_written) {
    report(AccessKind::kStore, address, bytes);
  }
  return is_written;
}

void ObservedMemory::report(AccessKind kind, std::uint32_t address, std::size_t bytes) const {
  MemoryProbe* const probe = services_.observers.memory();
  if (probe == nullptr) {
    return;
  }
  MemoryAccess access;
  access.agent = agent_;
  access.activity = activity_;
  access.kind = kind;
  access.cycle = access.issued = services_.now();
  const std::uint32_t stride = kind == AccessKind::kLoad ? row_stride_ : 0;
  const auto tell = [&](std::uint32_t place, std::size_t offset, std::size_t length) {
    access.address = place;
    access.bytes = static_cast<std::uint32_t>(length);
    access.gap =
        offset + length == bytes && stride > bytes ? stride - static_cast<std::uint32_t>(bytes) : 0;
    probe->accessed(access);
  };
  if (services_.raw_layout) {
    services_.raw_layout->for_each_core_piece(address, bytes, tell);
  } else {
    tell(address, 0, bytes);
  }
}

}  // namespace tessera
