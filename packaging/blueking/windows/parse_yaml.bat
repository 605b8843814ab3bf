@echo off
rem Sets for the script that calls this what etc\env.yaml says in lines such as `NAME: value`.
if not exist "%~dp0etc\env.yaml" (
    echo there is no %~dp0etc\env.yaml; the server renders it when the plugin is deployed
    exit /b 1
)
for /f "usebackq eol=# tokens=1,* delims= " %%A in ("%~dp0etc\env.yaml") do (
    set "yaml_value=%%B"
    call :store %%A
)
if not defined BK_PLUGIN_LOG_PATH set "BK_PLUGIN_LOG_PATH=%~dp0log"
if not defined BK_PLUGIN_PID_PATH set "BK_PLUGIN_PID_PATH=%~dp0pid\@plugin_id@.pid"
set "BK_PLUGIN_LOG_PATH=%BK_PLUGIN_LOG_PATH:/=\%"
set "BK_PLUGIN_PID_PATH=%BK_PLUGIN_PID_PATH:/=\%"
exit /b 0

:store
rem The name comes with its colon.
set "yaml_name=%1"
set "%yaml_name:~0,-1%=%yaml_value%"
exit /b 0
