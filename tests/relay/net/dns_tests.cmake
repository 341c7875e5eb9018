signet_test(net_dns_test LIBRARIES signet_dns SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/authorities_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/dns_cache_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/table_server.cc
    ${CMAKE_CURRENT_LIST_DIR}/rdata_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/resolver_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/unbound_context_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/zones_test.cc)
