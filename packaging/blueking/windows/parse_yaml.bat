@echo off
rem Shared by the other scripts. Sets the variables of etc\env.yaml, with lines such as `NAME: value`, in
rem the caller, as parse_yaml.sh does. With the argument `processes`, sets `pids` instead: the processes
rem of the exporter in this folder. If process paths are unavailable, also sets `by_name`; `pids` then
rem includes processes from other folders.
if "%~1"=="processes" goto processes

if not exist "%~dp0etc\env.yaml" (
    echo %~dp0etc\env.yaml is missing; the server creates it when it deploys the plugin
    exit /b 1
)
rem The file is UTF-8, whatever the console's code page is. Without a console, chcp does nothing.
set "yaml_codepage="
for /f "tokens=2 delims=:." %%C in ('chcp 2^>nul') do set "yaml_codepage=%%C"
chcp 65001 >nul 2>nul
set "yaml_names="
rem The delimiters are a tab and a space.
for /f "usebackq eol=# tokens=1 delims=	 " %%A in ("%~dp0etc\env.yaml") do (
    set "yaml_name=%%A"
    call :collect
)
for %%N in (%yaml_names%) do call :load %%N
if defined yaml_codepage chcp %yaml_codepage% >nul 2>nul
if not defined BK_PLUGIN_LOG_PATH set "BK_PLUGIN_LOG_PATH=%~dp0log"
if not defined BK_PLUGIN_PID_PATH set "BK_PLUGIN_PID_PATH=%~dp0pid\@plugin_id@.pid"
for %%N in (codepage name names rest) do set "yaml_%%N="
rem Other scripts expand the paths in quotes.
set "BK_PLUGIN_LOG_PATH=%BK_PLUGIN_LOG_PATH:"=%"
set "BK_PLUGIN_PID_PATH=%BK_PLUGIN_PID_PATH:"=%"
set "BK_PLUGIN_LOG_PATH=%BK_PLUGIN_LOG_PATH:/=\%"
set "BK_PLUGIN_PID_PATH=%BK_PLUGIN_PID_PATH:/=\%"
exit /b 0

rem Adds a name to `yaml_names`. Only names of letters, digits and underscores are safe to expand: what
rem remains without these characters is the colon.
:collect
set "yaml_name=%yaml_name:"=?%"
if not "%yaml_name:~-1%"==":" exit /b 0
set "yaml_rest="
for /f "tokens=1,* delims=0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" %%A in ("_%yaml_name%") do set "yaml_rest=%%A%%B"
for /l %%D in (0,1,9) do if "%yaml_name:~0,1%"=="%%D" set "yaml_rest="
if "%yaml_rest%"==":" set "yaml_names=%yaml_names% %yaml_name:~0,-1%"
exit /b 0

rem Sets a variable. The value is never expanded from a variable, which would execute parts of it.
:load
for /f "usebackq eol=# tokens=1,* delims=	 " %%A in ("%~dp0etc\env.yaml") do if "%%A"=="%1:" set "%1=%%B"
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
