# The DNS half of relay/net: decoders, cache, resolver, authoritative servers. Included by relay/net/CMakeLists.txt, which defines signet_asio.
add_library(signet_dns STATIC
    ${CMAKE_CURRENT_LIST_DIR}/authorities.cc
    ${CMAKE_CURRENT_LIST_DIR}/dns_cache.cc
    ${CMAKE_CURRENT_LIST_DIR}/lookups.cc
    ${CMAKE_CURRENT_LIST_DIR}/rdata.cc
    ${CMAKE_CURRENT_LIST_DIR}/resolver.cc
    ${CMAKE_CURRENT_LIST_DIR}/stub_question.cc
    ${CMAKE_CURRENT_LIST_DIR}/unbound_answer.cc
    ${CMAKE_CURRENT_LIST_DIR}/unbound_context.cc
    ${CMAKE_CURRENT_LIST_DIR}/zones.cc)
target_link_libraries(signet_dns PUBLIC signet_flags signet_conf signet_asio ${UNBOUND_LIBRARY})
