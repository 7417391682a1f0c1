#include "sim/check/truth.hpp"

#include <algorithm>
#include <cstdlib>

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

std::uint64_t ViewTruth::last_in_lane(std::uint32_t lane, std::uint64_t up_to) const {
  if (slots.empty()) return 0;
  for (auto position = up_to; position > 0 && position + slots.size() > up_to; --position) {
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
  if (words.size() != 8 || words[0] != "tributary/1" || words[1] != "marker") return nullptr;
  if (data_.size() <= life) data_.resize(life + 1);
  ViewTruth view;
  view.nonce = words[2];
  view.id = words[3];
  view.previous = words[4];
  view.identity = words[5];
  view.number = std::strtoull(view.id.c_str(), nullptr, 10);
  view.life = life;
  view.base = data_[life].size();
  if (words[7] != "-") {
    for (const auto& member : words_of(words[7], ',')) {
      const auto parts = words_of(member, '/');
      if (parts.size() != 4) return nullptr;
      view.members.push_back(
          {parts[0], static_cast<std::uint32_t>(std::atoi(parts[1].c_str())), parts[3] == "1"});
    }
  }
  view.slots = lay_out(view.members);
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
