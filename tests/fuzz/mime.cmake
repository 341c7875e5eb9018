signet_fuzz(mime LIBRARIES signet_mime SOURCES mime_fuzz.cc)
