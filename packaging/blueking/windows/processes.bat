@echo off
rem Sets `pids` for the script that calls this: the processes that run the exporter of this folder.
rem Where paths of processes cannot be asked for, `by_name` is set too, and copies that run from
rem other folders are among them.
set "pids="
set "by_name="
set "program=%~dp0@plugin_id@.exe"

rem wmic is not part of the newest systems, and PowerShell not of the smallest.
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
rem Backslashes are doubled in a query. Each line ends with a CR too many, which the inner loop drops.
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
