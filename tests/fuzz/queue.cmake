signet_fuzz(address LIBRARIES signet_queue SOURCES address_fuzz.cc)
signet_fuzz(enhanced_status LIBRARIES signet_queue SOURCES enhanced_status_fuzz.cc)
signet_fuzz(envelope_codec LIBRARIES signet_queue SOURCES envelope_codec_fuzz.cc)
signet_fuzz(message_id LIBRARIES signet_queue SOURCES message_id_fuzz.cc)
