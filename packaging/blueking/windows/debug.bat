@echo off
rem Starts the exporter, then the agent's collector in the foreground, which prints the scraped
rem metrics.
setlocal disabledelayedexpansion
cd /d "%~dp0"
call "%~dp0start.bat"
if errorlevel 1 exit /b 1
call "%~dp0parse_yaml.bat"
"%GSE_AGENT_HOME:"=%\plugins\bin\bkmonitorbeat.exe" -c etc\bkmonitorbeat_debug.yaml
