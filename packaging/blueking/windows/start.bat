@echo off
rem Starts the exporter in the background with the settings of etc\env.yaml. Fails if it is not running
rem after 2 seconds.
setlocal disabledelayedexpansion
cd /d "%~dp0"
call "%~dp0parse_yaml.bat"
if errorlevel 1 exit /b 1
set "log=%BK_PLUGIN_LOG_PATH%\@plugin_id@.log"
if not exist "%BK_PLUGIN_LOG_PATH%\" md "%BK_PLUGIN_LOG_PATH%"
for %%F in ("%BK_PLUGIN_PID_PATH%") do if not exist "%%~dpF" md "%%~dpF"

call "%~dp0parse_yaml.bat" processes
set "before=%pids%"
rem With delayed expansion, characters such as & in an argument are not special.
setlocal enabledelayedexpansion
start "" /B "!program!" !BK_CMD_ARGS! >"!log!" 2>&1
endlocal
rem A pause of two seconds: timeout.exe requires a console.
ping -n 3 127.0.0.1 >nul

call "%~dp0parse_yaml.bat" processes
set "pid="
for %%P in (%pids%) do call :compare %%P
if not defined pid (
    echo @plugin_id@ exited immediately; its output:
    type "%log%"
    exit /b 1
)
>"%BK_PLUGIN_PID_PATH%" echo %pid%
echo @plugin_id@ is running as process %pid%
exit /b 0

:compare
set "candidate=%1"
for %%B in (%before%) do if "%%B"=="%1" set "candidate="
if defined candidate set "pid=%1"
exit /b 0
