// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The packets of GDB's remote serial protocol: bytes in, bytes out. Source: GDB manual, appendix
// "GDB Remote Serial Protocol".
namespace tessera::debug {

/// Largest payload in either direction; GDB is told by "PacketSize".
constexpr std::size_t kMaxPayload = 0x4000;

/// Cuts what a client sends into packets. Whatever the bytes, nothing else than events comes out.
class PacketReader {
 public:
  enum class Kind : std::uint8_t {
    kNone,       ///< more bytes are needed
    kPacket,     ///< with its payload, the checksum was right
    kDamaged,    ///< wrong checksum or too long
    kInterrupt,  ///< Ctrl-C
    kAck,
    kNak,
  };
  struct Event {
    Kind kind = Kind::kNone;
    std::string payload;
  };

  void feed(std::string_view bytes) { buffer_.append(bytes); }
  Event next();

 private:
  Event take_packet();

  std::string buffer_;
  bool is_overlong_ = false;  ///< inside a packet that is too long: waiting for its end
};

/// "$payload#checksum".
std::string frame(std::string_view payload);

/// Two lower-case digits per byte.
std::string to_hex(std::string_view bytes);
/// Bytes of `value`, the lowest first, as they lie in the guest's memory.
std::string to_hex_little_endian(std::uint32_t value);
/// Nothing unless `digits` are pairs of hexadecimal digits.
std::optional<std::string> from_hex(std::string_view digits);
/// Nothing unless `digits` are those of 4 bytes, the lowest first.
std::optional<std::uint32_t> from_hex_little_endian(std::string_view digits);
/// Reverses escape().
std::string unescape(std::string_view bytes);
/// Binary data as it may stand in a packet.
std::string escape(std::string_view bytes);

/// Reads a packet from left to right.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  std::string_view rest() const { return rest_; }
  bool is_at_end() const { return rest_.empty(); }
  /// True, and beyond it, when `token` comes next.
  bool take(std::string_view token);
  /// Beyond the hexadecimal digits that come next; nothing when there are none or too many.
  std::optional<std::uint64_t> number();
  /// Up to `end`, which is skipped, or all the rest.
  std::string_view until(char end);

 private:
  std::string_view rest_;
};

}  // namespace tessera::debug
