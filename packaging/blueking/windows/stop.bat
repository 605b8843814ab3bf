@echo off
rem Stops every process of the exporter in this folder. Fails if one cannot be stopped.
setlocal disabledelayedexpansion
cd /d "%~dp0"
call "%~dp0parse_yaml.bat" >nul
if not defined BK_PLUGIN_PID_PATH set "BK_PLUGIN_PID_PATH=%~dp0pid\@plugin_id@.pid"

set "saved_pid="
if exist "%BK_PLUGIN_PID_PATH%" for /f "usebackq" %%P in ("%BK_PLUGIN_PID_PATH%") do set "saved_pid=%%P"
call :find
for %%P in (%own%) do taskkill /F /PID %%P
if defined own ping -n 2 127.0.0.1 >nul
call :find
if defined own (
    echo @plugin_id@ cannot be stopped; still running:%own%
    exit /b 1
)
if exist "%BK_PLUGIN_PID_PATH%" del "%BK_PLUGIN_PID_PATH%"
echo @plugin_id@ is not running
exit /b 0

rem Sets `own`. Of processes that are known only by name, it is the one that start.bat recorded.
:find
call "%~dp0parse_yaml.bat" processes
set "own=%pids%"
if not defined by_name exit /b 0
set "own="
for %%P in (%pids%) do if "%%P"=="%saved_pid%" set "own= %%P"
exit /b 0
