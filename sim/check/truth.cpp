#include "sim/check/truth.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cstdlib>

#include "sim/world/worker.hpp"

namespace tributary::sim {
namespace {

// The rule, in the protocol's words: the weights laid out evenly in a table of as many slots as their sum.
std::vector<std::uint32_t> lay_out(const std::vector<ViewTruth::Member>& members) {
  std::vector<std::pair<double, std::uint32_t>> places;
  for (std::uint32_t lane = 0; lane < members.size(); ++lane) {
    for (std::uint32_t j = 0; j < members[lane].weight; ++j) {
      places.emplace_back((j + 0.5) / members[lane].weight, lane);
    }
  }
  std::sort(places.begin(), places.end());
  std::vector<std::uint32_t> slots;
  for (const auto& place : places) slots.push_back(place.second);
  return slots;
}

// The member that has a key slot: whose hash of the slot and one of its consumers is the highest.
std::string owner_of(std::uint64_t slot, const std::vector<ViewTruth::Member>& members) {
  std::uint64_t highest = 0;
  std::string owner;
  for (const auto& member : members) {
    for (std::uint64_t k = 0; k < member.weight; ++k) {
      auto hash = XXH64(member.id.data(), member.id.size(), 0) ^ (slot * 4096 + k);
      hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
      hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
      hash ^= hash >> 31;
      if (hash > highest) {
        highest = hash;
        owner = member.id;
      }
    }
  }
  return owner;
}

// What a member has of the keys it had before is in the lane of its place, the rest in another behind those of all.
std::vector<std::uint32_t> share_keys(const std::vector<ViewTruth::Member>& members,
                                      const std::vector<ViewTruth::Member>& before) {
  std::vector<std::uint32_t> lanes;
  for (std::uint64_t slot = 0; slot < 1024; ++slot) {
    const auto owner = owner_of(slot, members);
    std::uint32_t place = 0;
    while (place < members.size() && members[place].id != owner) ++place;
    const bool moved = owner_of(slot, before) != owner;
    lanes.push_back(place + (moved ? static_cast<std::uint32_t>(members.size()) : 0));
  }
  return lanes;
}

bool read_members(const std::string& text, std::vector<ViewTruth::Member>& members) {
  if (text == "-") return true;
  for (const auto& member : words_of(text, ',')) {
    const auto parts = words_of(member, '/');
    if (parts.size() != 4) return false;
    members.push_back({parts[0], static_cast<std::uint32_t>(std::atoi(parts[1].c_str())), parts[3] == "1"});
  }
  return true;
}

}  // namespace

std::vector<std::string> words_of(std::string_view text, char separator) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c == separator) {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

bool ViewTruth::lists(std::string_view member) const {
  return std::any_of(members.begin(), members.end(), [&](const auto& m) { return m.id == member; });
}

std::uint32_t ViewTruth::lane_of(std::uint64_t position) const {
  const auto message = lane_of_key_slot.empty() ? std::nullopt : truth->message(*this, position);
  const auto key = message ? key_of(*message) : "";
  if (key.empty()) return slots[(position - 1) % slots.size()];
  return lane_of_key_slot[XXH3_64bits(key.data(), key.size()) % 1024];
}

std::uint64_t ViewTruth::last_in_lane(std::uint32_t lane, std::uint64_t up_to) const {
  if (slots.empty()) return 0;
  const bool keyed = !lane_of_key_slot.empty();
  for (auto position = up_to; position > 0 && (keyed || position + slots.size() > up_to); --position) {
    if (lane_of(position) == lane) return position;
  }
  return 0;
}

void Truth::on_data(std::size_t life, std::uint32_t message) {
  if (data_.size() <= life) data_.resize(life + 1);
  data_[life].push_back(message);
}

const ViewTruth* Truth::on_control(std::size_t life, std::string_view text) {
  const auto words = words_of(text, ' ');
  if (words.size() < 8 || words.size() > 9 || words[0] != "tributary/1" || words[1] != "marker")
    return nullptr;
  if (data_.size() <= life) data_.resize(life + 1);
  ViewTruth view;
  view.nonce = words[2];
  view.id = words[3];
  view.previous = words[4];
  view.identity = words[5];
  view.number = std::strtoull(view.id.c_str(), nullptr, 10);
  view.life = life;
  view.base = data_[life].size();
  view.truth = this;
  std::vector<ViewTruth::Member> owned_before;
  if (!read_members(words[7], view.members) || !read_members(words.size() > 8 ? words[8] : "-", owned_before))
    return nullptr;
  view.slots = lay_out(view.members);
  if (words.size() > 8) view.lane_of_key_slot = share_keys(view.members, owned_before);
  auto& last = last_view_[life];
  if (const auto before = views_.find(last); before != views_.end()) {
    before->second.rival_length = view.base - before->second.base;
  }
  last = view.id;
  auto& last_of_group = last_of_group_[{life, view.nonce}];
  if (const auto before = views_.find(last_of_group); before != views_.end()) {
    before->second.length = view.base - before->second.base;
  }
  last_of_group = view.id;
  return &views_.insert_or_assign(view.id, view).first->second;
}

const ViewTruth* Truth::view(const std::string& id) const {
  const auto found = views_.find(id);
  return found == views_.end() ? nullptr : &found->second;
}

std::optional<std::uint32_t> Truth::message(const ViewTruth& view, std::uint64_t position) const {
  const auto& data = data_[view.life];
  if (position == 0 || view.base + position > data.size()) return std::nullopt;
  return data[view.base + position - 1];
}

}  // namespace tributary::sim
