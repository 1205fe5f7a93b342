# Run by the build: writes OUTPUT from TEMPLATE with the commit of SOURCE_DIR; see platform/app.
execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --dirty --abbrev=12 --exclude=*
                OUTPUT_VARIABLE GIT_HASH OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
                RESULT_VARIABLE failed)
if(failed)
  set(GIT_HASH unknown)
endif()
if(SANITIZE)
  string(APPEND BUILD_TYPE " sanitize=${SANITIZE}")
endif()
configure_file(${TEMPLATE} ${OUTPUT} @ONLY)
