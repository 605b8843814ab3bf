@echo off
rem Shared by the other scripts. Sets the variables of etc\env.yaml, with lines such as `NAME: value`, in
rem the caller. With the argument `processes`, sets `pids` instead: the processes of the exporter in
rem this folder. If process paths are unavailable, also sets `by_name`; `pids` then includes processes
rem from other folders.
if "%~1"=="processes" goto processes

if not exist "%~dp0etc\env.yaml" (
    echo %~dp0etc\env.yaml is missing; the server creates it when it deploys the plugin
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
rem The name includes its colon.
set "yaml_name=%1"
set "%yaml_name:~0,-1%=%yaml_value%"
exit /b 0

:processes
set "pids="
set "by_name="
set "program=%~dp0@plugin_id@.exe"

rem The newest systems lack wmic, minimal installations lack PowerShell.
wmic process where "Name='@plugin_id@.exe'" get ExecutablePath >nul 2>nul
if not errorlevel 1 goto wmic
powershell -NoProfile -NonInteractive -Command "exit 42" >nul 2>nul
if errorlevel 43 goto name
if errorlevel 42 goto powershell

:name
set "by_name=1"
for /f "tokens=1,2" %%A in ('tasklist /FI "IMAGENAME eq @plugin_id@.exe" /NH 2^>nul') do call :named "%%A" %%B
if defined pids exit /b 0
for /f "tokens=1,2" %%A in ('wmic process get Name^,ProcessId 2^>nul') do call :named "%%A" %%B
exit /b 0

:wmic
rem Backslashes are doubled in a query. Each line ends with an extra CR, which the inner loop drops.
for /f "tokens=2 delims==" %%A in ('wmic process where "ExecutablePath='%program:\=\\%'" get ProcessId /value 2^>nul') do for /f %%B in ("%%A") do call :add %%B
exit /b 0

:powershell
for /f %%A in ('powershell -NoProfile -NonInteractive -Command "Get-Process -Name '@plugin_id@' -ErrorAction SilentlyContinue | Where-Object { $_.Path -eq '%program%' } | ForEach-Object { $_.Id }"') do call :add %%A
exit /b 0

:named
if /i "%~1"=="@plugin_id@.exe" call :add %2
exit /b 0

:add
set "pids=%pids% %1"
exit /b 0
