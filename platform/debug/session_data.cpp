// SPDX-License-Identifier: Apache-2.0
// Registers and memory.
#include <algorithm>

#include <fmt/format.h>

#include "platform/debug/session.h"

namespace tessera::debug {

namespace {

constexpr std::uint64_t kNumRegisters = 32;
constexpr const char* kUnavailable = "xxxxxxxx";

struct Range {
  std::uint32_t address;
  std::uint32_t bytes;
};

/// "address,length"; nothing when it is malformed, too long, or beyond the last address.
std::optional<Range> parse_range(Cursor& packet) {
  const auto address = packet.number();
  const bool has_comma = packet.take(",");
  const auto bytes = packet.number();
  constexpr std::uint64_t kAddresses = std::uint64_t{1} << 32;
  if (!address || !has_comma || !bytes || *address >= kAddresses || *bytes > kMaxPayload ||
      *bytes > kAddresses - *address) {
    return std::nullopt;
  }
  return Range{static_cast<std::uint32_t>(*address), static_cast<std::uint32_t>(*bytes)};
}

/// As many bytes from the start of the range as can be read: pieces up to word borders, because
/// registers are read a word at a time.
std::string read_available(ByteMemory& memory, const Range& range) {
  std::string bytes(range.bytes, '\0');
  if (memory.read(range.address, bytes.data(), bytes.size())) {
    return bytes;
  }
  constexpr std::uint32_t kWordBytes = 4;
  std::uint32_t done = 0;
  while (done < range.bytes) {
    const std::uint32_t address = range.address + done;
    const std::uint32_t word = address & ~(kWordBytes - 1);
    const std::uint32_t skipped = address - word;
    const std::uint32_t part = std::min(range.bytes - done, kWordBytes - skipped);
    char buffer[kWordBytes];
    if (memory.read(address, bytes.data() + done, part)) {
      done += part;
    } else if (memory.read(word, buffer, kWordBytes)) {
      std::copy_n(buffer + skipped, part, bytes.data() + done);
      done += part;
    } else {
      break;
    }
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace

std::optional<std::uint32_t> Session::register_value(std::uint32_t hart, std::uint64_t number) {
  if (number < kNumRegisters) {
    return machine_.harts.register_value(hart, static_cast<std::uint32_t>(number));
  }
  if (number == kPcNumber) {
    return machine_.harts.pc(hart);
  }
  return machine_.harts.csr(hart, static_cast<std::uint32_t>(number - kFirstCsrNumber));
}

std::string Session::register_text(std::uint32_t hart, std::uint64_t number) {
  const std::optional<std::uint32_t> value = register_value(hart, number);
  return value ? to_hex_little_endian(*value) : kUnavailable;
}

bool Session::write_register(std::uint32_t hart, std::uint64_t number, std::uint32_t value) {
  if (number < kNumRegisters) {
    return machine_.harts.set_register(hart, static_cast<std::uint32_t>(number), value);
  }
  if (number == kPcNumber) {
    machine_.harts.set_pc(hart, value);
    debugger_.moved(hart);
    return true;
  }
  return number >= kFirstCsrNumber &&
         machine_.harts.set_csr(hart, static_cast<std::uint32_t>(number - kFirstCsrNumber), value);
}

Answer Session::read_registers() {
  std::string text;
  for (std::uint64_t number = 0; number <= kPcNumber; ++number) {
    text += register_text(hart_, number);
  }
  return {{text}};
}

Answer Session::write_registers(Cursor packet) {
  constexpr std::size_t kDigits = 8;
  const std::string_view text = packet.rest();
  if (text.size() < (kPcNumber + 1) * kDigits) {
    return answer::kCannot;
  }
  bool is_ok = true;
  for (std::uint64_t number = 1; number <= kPcNumber; ++number) {
    const auto digits = text.substr(number * kDigits, kDigits);
    const auto value = from_hex_little_endian(digits);
    is_ok = (digits == kUnavailable || (value && write_register(hart_, number, *value))) && is_ok;
  }
  return is_ok ? answer::kOk : answer::kCannot;
}

Answer Session::read_register(Cursor packet) {
  const auto number = packet.number();
  const bool is_csr =
      number && *number >= kFirstCsrNumber &&
      machine_.harts.csr(hart_, static_cast<std::uint32_t>(*number - kFirstCsrNumber));
  if (!number || !packet.is_at_end() || (*number > kPcNumber && !is_csr)) {
    return answer::kCannot;
  }
  return {{register_text(hart_, *number)}};
}

Answer Session::write_register(Cursor packet) {
  const auto number = packet.number();
  const bool has_value = packet.take("=");
  const auto value = from_hex_little_endian(packet.rest());
  const bool is_ok = number && has_value && value && write_register(hart_, *number, *value);
  return is_ok ? answer::kOk : answer::kCannot;
}

Answer Session::read_memory(Cursor packet) {
  const std::optional<Range> range = parse_range(packet);
  if (!range || !packet.is_at_end()) {
    return range ? answer::kCannot : answer::kBadAddress;
  }
  // Two digits per byte.
  const Range part{range->address, std::min<std::uint32_t>(range->bytes, kMaxPayload / 2)};
  const std::string bytes = read_available(machine_.memory, part);
  return bytes.empty() && part.bytes > 0 ? answer::kBadAddress : Answer{{to_hex(bytes)}};
}

Answer Session::write_memory(Cursor packet, bool is_binary) {
  const std::optional<Range> range = parse_range(packet);
  if (!range || !packet.take(":")) {
    return range ? answer::kCannot : answer::kBadAddress;
  }
  const std::optional<std::string> bytes =
      is_binary ? std::optional(unescape(packet.rest())) : from_hex(packet.rest());
  if (!bytes || bytes->size() != range->bytes) {
    return answer::kCannot;
  }
  const bool is_ok =
      bytes->empty() || machine_.memory.write(range->address, bytes->data(), bytes->size());
  return is_ok ? answer::kOk : answer::kBadAddress;
}

}  // namespace tessera::debug
