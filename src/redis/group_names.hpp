#pragma once

#include <optional>
#include <string>

#include "redis/inputs.hpp"

namespace tributary::redis {

/// What a group's streams and its list are called. Its name is that of the output stream.
struct GroupNames {
  std::string output_stream;
  std::string dead_letter_stream;
  std::string consumers_list;
};

/// The dead letters are <output>:dead. In a cluster all of a group must fall into the slot of the output stream: what does not
/// by itself has its tag in front, {<output>}:dead and {<output>}:<list>.
GroupNames group_names(const std::string& output_stream, const std::string& consumers_list, bool in_cluster);

/// Why a cluster cannot have such a group, if so: no tag can be made of its name, or it reads sharded channels of other
/// slots. One line, with the name that would do.
std::optional<std::string> wrong_in_cluster(const std::string& output_stream, const Inputs& inputs);

/// The output stream of a group that reads a sharded channel, if it is given no name: one in the channel's slot.
std::string stream_of_sharded(const std::string& channel);

}  // namespace tributary::redis
