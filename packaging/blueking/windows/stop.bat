@echo off
rem Ends every copy of the exporter that runs from this folder, and fails if one does not end.
setlocal disabledelayedexpansion
cd /d "%~dp0"
call "%~dp0parse_yaml.bat" >nul
if not defined BK_PLUGIN_PID_PATH set "BK_PLUGIN_PID_PATH=%~dp0pid\@plugin_id@.pid"

set "noted="
if exist "%BK_PLUGIN_PID_PATH%" for /f "usebackq" %%P in ("%BK_PLUGIN_PID_PATH%") do set "noted=%%P"
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

rem Sets `own`. Of processes that are known by name alone, it is the one that start.bat noted.
:find
call "%~dp0parse_yaml.bat" processes
set "own=%pids%"
if not defined by_name exit /b 0
set "own="
for %%P in (%pids%) do if "%%P"=="%noted%" set "own= %%P"
exit /b 0
