// SPDX-License-Identifier: Apache-2.0
#include "platform/debug/packet.h"

#include <fmt/format.h>

namespace tessera::debug {

namespace {

constexpr char kInterruptByte = 3;
constexpr char kEscape = '}';
constexpr char kEscapeBit = 0x20;

int digit_value(char digit) {
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  if (digit >= 'a' && digit <= 'f') {
    return digit - 'a' + 10;
  }
  return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

std::uint8_t checksum(std::string_view payload) {
  std::uint8_t sum = 0;
  for (const char byte : payload) {
    sum = static_cast<std::uint8_t>(sum + static_cast<std::uint8_t>(byte));
  }
  return sum;
}

}  // namespace

PacketReader::Event PacketReader::next() {
  while (!buffer_.empty()) {
    const char first = buffer_.front();
    if (first == '$' || is_overlong_) {
      return take_packet();
    }
    buffer_.erase(0, 1);
    switch (first) {
      case kInterruptByte:
        return {Kind::kInterrupt, ""};
      case '+':
        return {Kind::kAck, ""};
      case '-':
        return {Kind::kNak, ""};
      default:
        break;  // noise between packets
    }
  }
  return {};
}

PacketReader::Event PacketReader::take_packet() {
  constexpr std::size_t kChecksumBytes = 2;
  const std::size_t end = buffer_.find('#');
  if (end == std::string::npos || buffer_.size() < end + 1 + kChecksumBytes) {
    if (buffer_.size() > kMaxPayload + 1 + 1 + kChecksumBytes && end == std::string::npos) {
      buffer_.clear();
      is_overlong_ = true;
    }
    return {};
  }
  const bool is_overlong = is_overlong_;
  is_overlong_ = false;
  Event event{Kind::kDamaged, ""};
  const std::optional<std::string> sum = from_hex(buffer_.substr(end + 1, kChecksumBytes));
  if (!is_overlong && sum && end <= kMaxPayload + 1) {
    const std::string_view payload = std::string_view(buffer_).substr(1, end - 1);
    if (checksum(payload) == static_cast<std::uint8_t>(sum->front())) {
      event = {Kind::kPacket, std::string(payload)};
    }
  }
  buffer_.erase(0, end + 1 + kChecksumBytes);
  return event;
}

std::string frame(std::string_view payload) {
  return fmt::format("${}#{:02x}", payload, checksum(payload));
}

std::string to_hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string digits;
  digits.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    const auto value = static_cast<std::uint8_t>(byte);
    digits.push_back(kDigits[value >> 4]);
    digits.push_back(kDigits[value & 15]);
  }
  return digits;
}

std::string to_hex_little_endian(std::uint32_t value) {
  std::string bytes;
  for (unsigned i = 0; i < sizeof value; ++i) {
    bytes.push_back(static_cast<char>(value >> 8 * i & 0xff));
  }
  return to_hex(bytes);
}

std::optional<std::string> from_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) {
    return std::nullopt;
  }
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = digit_value(digits[i]);
    const int low = digit_value(digits[i + 1]);
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<char>(high << 4 | low));
  }
  return bytes;
}

std::optional<std::uint32_t> from_hex_little_endian(std::string_view digits) {
  const std::optional<std::string> bytes = from_hex(digits);
  std::uint32_t value = 0;
  if (!bytes || bytes->size() != sizeof value) {
    return std::nullopt;
  }
  for (unsigned i = 0; i < sizeof value; ++i) {
    value |= std::uint32_t{static_cast<std::uint8_t>((*bytes)[i])} << 8 * i;
  }
  return value;
}

std::string unescape(std::string_view bytes) {
  std::string plain;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool is_escaped = bytes[i] == kEscape && i + 1 < bytes.size();
    plain.push_back(is_escaped ? static_cast<char>(bytes[++i] ^ kEscapeBit) : bytes[i]);
  }
  return plain;
}

std::string escape(std::string_view bytes) {
  std::string escaped;
  for (const char byte : bytes) {
    if (byte == '#' || byte == '$' || byte == '*' || byte == kEscape) {
      escaped.push_back(kEscape);
      escaped.push_back(static_cast<char>(byte ^ kEscapeBit));
    } else {
      escaped.push_back(byte);
    }
  }
  return escaped;
}

bool Cursor::take(std::string_view token) {
  if (rest_.substr(0, token.size()) != token) {
    return false;
  }
  rest_.remove_prefix(token.size());
  return true;
}

std::optional<std::uint64_t> Cursor::number() {
  constexpr std::size_t kMaxDigits = 16;
  std::uint64_t value = 0;
  std::size_t digits = 0;
  while (digits < rest_.size() && digit_value(rest_[digits]) >= 0) {
    value = value << 4 | static_cast<std::uint64_t>(digit_value(rest_[digits]));
    ++digits;
  }
  if (digits == 0 || digits > kMaxDigits) {
    return std::nullopt;
  }
  rest_.remove_prefix(digits);
  return value;
}

std::string_view Cursor::until(char end) {
  const std::size_t place = rest_.find(end);
  const std::string_view text = rest_.substr(0, place);
  rest_.remove_prefix(place == std::string_view::npos ? rest_.size() : place + 1);
  return text;
}

}  // namespace tessera::debug
